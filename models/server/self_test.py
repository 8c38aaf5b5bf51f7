"""What a model must do before the recognition process serves anybody with it.

A wrong driver gives errors or, worse, empty texts and loops, without any error.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from models.base import SAMPLE_RATE, Kind, ModelError, Samples
from models.engine.batching import window_sec
from models.engine.job import silence
from models.settings import AsrSettings
from models.whisper.decoded import COMPRESSION_LIMIT, compression_ratio
from models.whisper.item import Transcript
from models.whisper.model import WhisperModel
from models.whisper.sound import Sound

CLIPS = Path(__file__).parents[2] / "assets" / "self-test"
"""A sentence or two a language, `fr.ogg` with `fr.txt`, for models that bring no clip of theirs."""
CHARACTERS_A_SEC = 40
"""Nobody speaks twice as fast."""
CHECK = "check the driver, or set asr.device to cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """How well a clip was heard; `language` is empty for the model's own."""

    language: str
    words: int
    of_words: int

    @property
    def poor(self) -> bool:
        """Whether a model for that language would have heard more."""
        return 2 * self.words < self.of_words

    def __str__(self) -> str:
        whose = (
            f"the test sentence in {self.language}" if self.language else "its own test sentence"
        )
        return f"{self.words} of {self.of_words} words of {whose} heard"


def self_test(model: WhisperModel, settings: AsrSettings) -> Heard:
    """Decode silence and a sentence; returns how well it was heard. Raises ModelError.

    With `selftest.flac` and `selftest.txt` in the model's folder the text must be equal. Another
    model must say something sane of our sentence in one of its languages at least: how many of the
    words are right depends on what it is made for, and is for people to judge.
    """
    try:
        for kind in Kind:
            model.transcribe([silence(model, kind)])
        clip, text = settings.model / "selftest.flac", settings.model / "selftest.txt"
        if clip.is_file() and text.is_file():
            return _own_clip(model, settings, clip, text.read_text(encoding="utf-8"))
        return _our_clips(model, settings)
    except RuntimeError as error:
        raise ModelError(
            f"the model in {settings.model} loads but doesn't run on {model.device}:"
            f" {' '.join(str(error).split())}; {CHECK}"
        ) from error


def _own_clip(model: WhisperModel, settings: AsrSettings, clip: Path, expected: str) -> Heard:
    text = _transcript(model, settings, read_clip(clip), language=None).text
    if _words(text) != _words(expected):
        raise ModelError(
            f"the self-test of {settings.model} heard {text!r} instead of {expected.strip()!r};"
            f" {CHECK}"
        )
    return _compared(text, expected, language="")


def _our_clips(model: WhisperModel, settings: AsrSettings) -> Heard:
    found: list[Heard] = []
    complaints: list[str] = []
    for clip in sorted(CLIPS.glob("*.ogg")):
        language, samples = clip.stem, read_clip(clip)
        if not model.speaks(language):
            continue
        text = _transcript(model, settings, samples, language=language).text
        if (wrong := complaint(text, len(samples) / SAMPLE_RATE)) is not None:
            complaints.append(f"{wrong} in {language}")
        else:
            expected = clip.with_suffix(".txt").read_text(encoding="utf-8")
            found.append(_compared(text, expected, language=language))
    if not found:
        raise ModelError(
            f"the self-test of {settings.model} on {model.device} heard {', '.join(complaints)};"
            f" {CHECK}, or take another conversion of the model"
        )
    return max(found, key=lambda heard: heard.words / heard.of_words)


def _transcript(
    model: WhisperModel, settings: AsrSettings, samples: Samples, *, language: str | None
) -> Transcript:
    window = window_sec(len(samples), settings.window_pad_sec, full=settings.full_window_finals)
    sound = Sound.whole(samples)
    item = model.prepare(sound, window_sec=window, kind=Kind.FINAL, language=language)
    (heard,) = model.transcribe([item])
    return heard


def complaint(text: str, audio_sec: float) -> str | None:
    """What is insane about the text of a spoken sentence; None where it could be one."""
    if not any(character.isalpha() for character in text):
        return "nothing"
    if compression_ratio(text) > COMPRESSION_LIMIT:
        return "the same again and again"
    if len(text) > CHARACTERS_A_SEC * audio_sec:
        return "more than anybody can say"
    return None


def _compared(text: str, expected: str, *, language: str) -> Heard:
    said, heard = Counter(_words(expected)), Counter(_words(text))
    return Heard(language=language, words=(said & heard).total(), of_words=said.total())


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.casefold()).split()


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
