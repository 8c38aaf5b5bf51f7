"""Transcribes an audio or video file with the very parts that caption a meeting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import av.error
import numpy as np

from models.base import SAMPLE_RATE, ModelUnavailable, Pressure, Recogniser, Samples, VoiceDetector
from pipelines.captions import TrackCaptions
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.settings import CaptionSettings

CHUNK_SAMPLES = SAMPLE_RATE
MAX_FINALS_IN_FLIGHT = 8
"""Enough to fill a batch; the rest of the file waits on disk, not in memory."""
NO_PARTIALS_SEC = 1e6

Progress = Callable[[float, float | None], None]
"""Called with seconds done and seconds in all (None: the file doesn't say)."""


class MediaError(Exception):
    """The file can't be transcribed. The message is one line that says why."""


async def transcribe_file(
    path: Path,
    *,
    recogniser: Recogniser,
    detector: VoiceDetector,
    settings: CaptionSettings,
    progress: Progress | None = None,
) -> list[Segment]:
    """Return the file's segments in order; times in ms from its beginning, the speaker its name.

    Raises MediaError for a file that is missing, broken, empty or without sound, ModelUnavailable
    when speech could not be recognised: a transcript with silent holes is never returned.
    """
    speaker = Speaker(identity=path.name, name=path.stem, track_sid=path.name)
    sink = _Collected()
    captions = TrackCaptions(
        meeting_id="file",
        speaker=speaker,
        detector=detector,
        recogniser=recogniser,
        sink=sink,
        settings=without_partials(settings),
    )
    try:
        chunks = decode(path)
        position = 0
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            await captions.feed(chunk.samples, position)
            position += len(chunk.samples)
            if progress is not None:
                progress(position / SAMPLE_RATE, chunk.total_sec)
            if captions.outstanding_finals >= MAX_FINALS_IN_FLIGHT:
                await captions.drain()
        if not position:
            raise MediaError(f"{path}: there is no sound in this file")
        await captions.finish()
        await captions.drain()
    finally:
        await captions.aclose()
    if sink.gaps:
        gap = sink.gaps[0]
        raise ModelUnavailable(
            f"{path}: speech from {gap.start_ms / 1000:.1f} s to {gap.end_ms / 1000:.1f} s could"
            " not be recognised; look at the recognition process and try again"
        )
    return sink.segments


def without_partials(settings: CaptionSettings) -> CaptionSettings:
    """The settings for speech that nobody waits to read: finals alone, no translation."""
    return settings.model_copy(
        update={
            "first_partial_sec": NO_PARTIALS_SEC,
            "partial_every_sec": NO_PARTIALS_SEC,
            "translate_to_en": False,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """About a second of the file; `total_sec` is None when the file doesn't say."""

    samples: Samples
    total_sec: float | None


def decode(path: Path) -> Iterator[Chunk]:
    """Yield the first audio stream as 16 kHz mono. Raises MediaError. Blocks on the disk."""
    if not path.is_file():
        raise MediaError(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise MediaError(f"{path}: the file is empty")
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise MediaError(f"{path}: there is no sound in this file")
            total = None if container.duration is None else container.duration / av.time_base
            for samples in _chunked(_samples(container)):
                yield Chunk(samples=samples, total_sec=total)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).strip() or type(error).__name__
        raise MediaError(f"{path}: not a sound or video file that can be read: {reason}") from error


def _samples(container: av.container.InputContainer) -> Iterator[Samples]:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    for frame in container.decode(container.streams.audio[0]):
        for piece in resampler.resample(frame):
            yield piece.to_ndarray().reshape(-1).astype(np.float32)
    for piece in resampler.resample(None):
        yield piece.to_ndarray().reshape(-1).astype(np.float32)


def _chunked(pieces: Iterator[Samples]) -> Iterator[Samples]:
    held: list[Samples] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += len(piece)
        if count >= CHUNK_SAMPLES:
            yield np.concatenate(held)
            held, count = [], 0
    if count:
        yield np.concatenate(held)


@dataclass(slots=True)
class _Collected:
    """A sink that only keeps finals and gaps."""

    segments: list[Segment] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    async def partial(self, caption: PartialCaption) -> None:
        """Never asked for."""

    async def dropped(self, caption: DroppedCaption) -> None:
        """Nothing was shown."""

    async def final(self, segment: Segment, pressure: Pressure) -> None:  # noqa: ARG002
        self.segments.append(segment)

    async def gap(self, gap: Gap) -> None:
        self.gaps.append(gap)
