"""Sound out of a file that a stranger sent, a little at a time. Blocks: not for an event loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import av
import av.error
import numpy as np

from models.base import SAMPLE_RATE, ModelRejected, Samples

FORMATS = "wav,w64,flac,mp3,ogg,matroska,webm,mov,mp4,aac,aiff,amr,caf,avi,asf,flv,mpegts,mpeg"
"""Containers of sound and video. The list is closed: FFmpeg also knows playlists and scripts, which
name other files and addresses, and would read them with this process's rights."""
LOWEST_RATE, HIGHEST_RATE = 4_000, 768_000
"""A header may say one sample a second: a frame of it would become gigabytes at 16 kHz."""


class MediaRejected(ModelRejected):
    """The file is empty, broken or has no sound."""


class MediaUnsupported(MediaRejected):
    """A kind of file that isn't taken."""


class MediaTooLong(MediaRejected):
    """More audio than `asr.max_audio_minutes`."""


def decode(file: BinaryIO, *, longest_sec: float) -> Iterator[Samples]:
    """Yield the first audio stream as 16 kHz mono, some milliseconds at a time.

    Never holds more than a frame. What comes out is counted, so that a small file can't unfold
    without end. Raises MediaRejected, MediaUnsupported and MediaTooLong.
    """
    if not file.read(1):
        raise MediaRejected("the file is empty")
    file.seek(0)
    try:
        with _opened(file) as container:
            if not container.streams.audio:
                raise MediaRejected("there is no sound in this file")
            if container.duration is not None:
                _check_length(container.duration / av.time_base, longest_sec)
            heard = 0
            for samples in _samples(container):
                heard += len(samples)
                _check_length(heard / SAMPLE_RATE, longest_sec)
                yield samples
    except (av.error.FFmpegError, OSError, ValueError) as error:
        # The error's own text would name our temporary file.
        raise MediaRejected(
            f"the file is broken, or no sound or video file ({type(error).__name__})"
        ) from error
    if not heard:
        raise MediaRejected("there is no sound in this file")


def _opened(file: BinaryIO) -> av.container.InputContainer:
    try:
        return av.open(
            file, mode="r", options={"format_whitelist": FORMATS, "protocol_whitelist": "none"}
        )
    except av.error.ArgumentError as error:
        raise MediaUnsupported(
            "this kind of file isn't taken; send wav, flac, mp3, ogg, webm, m4a or mp4"
        ) from error


def _samples(container: av.container.InputContainer) -> Iterator[Samples]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    for frame in container.decode(container.streams.audio[0]):
        if not LOWEST_RATE <= frame.sample_rate <= HIGHEST_RATE:
            raise MediaUnsupported(f"{frame.sample_rate} samples a second can't be read")
        for piece in resampler.resample(frame):
            yield piece.to_ndarray().reshape(-1).astype(np.float32)
    for piece in resampler.resample(None):
        yield piece.to_ndarray().reshape(-1).astype(np.float32)


def _check_length(length_sec: float, longest_sec: float) -> None:
    if length_sec > longest_sec:
        raise MediaTooLong(
            f"more than {longest_sec / 60:g} minutes of audio; cut the file, or set"
            " GREFFIER_ASR__MAX_AUDIO_MINUTES"
        )
