"""The committed test set: spoken sentences of eight voices in two languages, with word times."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from greffier.demo.script import ScriptWord
from models.base import SAMPLE_RATE, Samples
from pipelines.file_transcription import decode

FOLDER = Path(__file__).parent.parent.parent.parent / "assets" / "test-set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One sentence: float32 samples at 16 kHz, read-only; words in seconds from the first sample.

    `backchannel`: a short answer that listeners give while somebody else talks.
    """

    voice: str
    language: str
    text: str
    backchannel: bool
    words: tuple[ScriptWord, ...]
    samples: Samples

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return len(self.samples) / SAMPLE_RATE


def load_clips(folder: Path = FOLDER) -> list[Clip]:
    """Return all clips, in the order of the set's list."""
    rows = cast(list[dict[str, Any]], json.loads((folder / "clips.json").read_text("utf-8")))
    sounds = {
        voice: np.concatenate([chunk.samples for chunk in decode(folder / f"{voice}.ogg")])
        for voice in sorted({str(row["voice"]) for row in rows})
    }
    return [_clip(row, sounds[row["voice"]]) for row in rows]


def _clip(row: dict[str, Any], sound: Samples) -> Clip:
    start = float(row["start_sec"])
    samples = sound[round(start * SAMPLE_RATE) : round(row["end_sec"] * SAMPLE_RATE)].copy()
    samples.setflags(write=False)
    return Clip(
        voice=row["voice"],
        language=row["language"],
        text=row["text"],
        backchannel=row["backchannel"],
        words=tuple(
            ScriptWord(text=text, start_sec=first - start, end_sec=last - start)
            for text, first, last in row["words"]
        ),
        samples=samples,
    )
