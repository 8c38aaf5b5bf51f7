"""What a model must do before the recognition process serves anybody with it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from models.asr_job import silence
from models.base import SAMPLE_RATE, Kind, ModelError, Samples
from models.batching import window_sec
from models.sessions import Sound
from models.settings import AsrSettings
from models.whisper import WhisperModel


def self_test(model: WhisperModel, settings: AsrSettings) -> None:
    """Decode before anybody is served: a wrong driver gives errors, or worse, empty texts.

    With `selftest.flac` and `selftest.txt` in the model's folder the text must be equal. Raises
    ModelError.
    """
    try:
        for kind in Kind:
            model.transcribe([silence(model, kind)])
        clip, text = settings.model / "selftest.flac", settings.model / "selftest.txt"
        if clip.is_file() and text.is_file():
            _test_clip(model, settings, clip, text.read_text(encoding="utf-8"))
    except RuntimeError as error:
        raise ModelError(
            f"the model in {settings.model} loads but doesn't run on {model.device}:"
            f" {' '.join(str(error).split())}; check the driver, or set asr.device to cpu"
        ) from error


def _test_clip(model: WhisperModel, settings: AsrSettings, clip: Path, expected: str) -> None:
    samples = read_clip(clip)
    window = window_sec(len(samples), settings.window_pad_sec)
    sound = Sound.whole(samples)
    item = model.prepare(sound, window_sec=window, kind=Kind.FINAL)
    (heard,) = model.transcribe([item])
    if _plain(heard.text) != _plain(expected):
        raise ModelError(
            f"the self-test of {settings.model} heard {heard.text!r} instead of"
            f" {expected.strip()!r}; check the driver, or set asr.device to cpu"
        )


def _plain(text: str) -> str:
    kept = (c if c.isalnum() else " " for c in text.casefold())
    return " ".join("".join(kept).split())


def read_clip(path: Path) -> Samples:
    """Read a sound file as 16 kHz mono. Raises ModelError."""
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
            frames = [*container.decode(audio=0), None]
            pieces = [p.to_ndarray().reshape(-1) for f in frames for p in resampler.resample(f)]
        return np.concatenate(pieces).astype(np.float32)
    except (OSError, IndexError, ValueError) as error:
        raise ModelError(f"{path} can't be read: {error}") from error
