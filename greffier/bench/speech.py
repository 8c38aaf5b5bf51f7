"""Utterances to play: cut from the committed demo meeting, or read from any folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from greffier.demo.script import FOLDER, ScriptWord
from greffier.errors import CommandError
from models.base import SAMPLE_RATE, Samples
from pipelines.file_transcription import decode

MARGIN_SEC = 0.05
"""Kept around an utterance, so that no onset is cut off."""
_SILENCE = 0.01
_WINDOW_SAMPLES = SAMPLE_RATE // 50
_AUDIO = {".wav", ".flac", ".ogg", ".mp3", ".m4a", ".opus"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One spoken sentence. `samples` is float32 at 16 kHz, read-only.

    `words` carry their true times, in seconds from the first sample. A folder knows no words:
    there the whole text stands as one, from the first loud sample to the last.
    """

    voice: str
    language: str
    text: str
    words: tuple[ScriptWord, ...]
    samples: Samples


def from_meeting(folder: Path = FOLDER) -> list[Utterance]:
    """Return the utterances of the demo meeting, in the order of its script."""
    entries = cast(list[dict[str, Any]], json.loads((folder / "script.json").read_text("utf-8")))
    sounds = {
        voice: _sound(folder / f"{voice}.flac")
        for voice in sorted({str(entry["identity"]) for entry in entries})
    }
    return [_cut(entry, sounds[entry["identity"]]) for entry in entries]


def from_folder(folder: Path, language: str) -> list[Utterance]:
    """Return one utterance for each audio file with a `.txt` of the same name beside it.

    Raises CommandError when there is none.
    """
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in _AUDIO)
    pairs = [(path, path.with_suffix(".txt")) for path in files]
    utterances = [
        _whole(path, text.read_text("utf-8").strip(), folder.name, language)
        for path, text in pairs
        if text.exists()
    ]
    if not utterances:
        raise CommandError(
            f"{folder}: no sound file here has its words beside it; put NAME.txt next to NAME.wav"
        )
    return utterances


def _cut(entry: dict[str, Any], sound: Samples) -> Utterance:
    first = max(float(entry["start_sec"]) - MARGIN_SEC, 0.0)
    samples = sound[
        round(first * SAMPLE_RATE) : round((entry["end_sec"] + MARGIN_SEC) * SAMPLE_RATE)
    ].copy()
    samples.setflags(write=False)
    return Utterance(
        voice=entry["identity"],
        language=entry["language"],
        text=entry["text"],
        words=tuple(
            ScriptWord(text=text, start_sec=start - first, end_sec=end - first)
            for text, start, end in entry["words"]
        ),
        samples=samples,
    )


def _whole(path: Path, text: str, voice: str, language: str) -> Utterance:
    samples = _sound(path)
    start, end = spoken_range(samples)
    word = ScriptWord(text=text, start_sec=start / SAMPLE_RATE, end_sec=end / SAMPLE_RATE)
    return Utterance(voice=voice, language=language, text=text, words=(word,), samples=samples)


def spoken_range(samples: Samples) -> tuple[int, int]:
    """Return the first loud sample and the one after the last, to 20 ms."""
    loud = [
        begin
        for begin in range(0, len(samples), _WINDOW_SAMPLES)
        if np.abs(samples[begin : begin + _WINDOW_SAMPLES]).max() > _SILENCE
    ]
    if not loud:
        return 0, len(samples)
    return loud[0], min(loud[-1] + _WINDOW_SAMPLES, len(samples))


def _sound(path: Path) -> Samples:
    samples = np.concatenate([chunk.samples for chunk in decode(path)])
    samples.setflags(write=False)
    return samples
