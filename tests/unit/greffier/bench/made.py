"""Made-up utterances and rows."""

from __future__ import annotations

import numpy as np

from greffier.bench.figures import Row
from greffier.bench.speech import Utterance
from greffier.demo.script import ScriptWord
from models.base import SAMPLE_RATE


def utterance(text: str, seconds: float, *, voice: str = "a", language: str = "en") -> Utterance:
    """A hum as long as asked for, with 50 ms of margin before and after the speech."""
    count = round(seconds * SAMPLE_RATE)
    samples = (0.3 * np.sin(np.arange(count) * 0.05)).astype(np.float32)
    word = ScriptWord(text=text, start_sec=0.05, end_sec=seconds - 0.05)
    return Utterance(voice=voice, language=language, text=text, words=(word,), samples=samples)


def row(tracks: int, final_p95_s: float | None, *, system: str = "one", valid: bool = True) -> Row:
    """A row of which only these matter."""
    return Row(
        system=system,
        tracks=tracks,
        utterances=10,
        lost=0,
        first_text_p50_s=0.7,
        first_text_p95_s=0.9,
        final_p50_s=0.5,
        final_p95_s=final_p95_s,
        final_p99_s=final_p95_s,
        wer=0.031,
        cpu_s_per_audio_s=0.1,
        client_cpu_s_per_audio_s=0.05,
        peak_mb=200.0,
        late_p99_s=0.002 if valid else 0.3,
        valid=valid,
    )


class Clock:
    """Time passes while somebody sleeps, oversleeps a little, and when told to."""

    def __init__(self, oversleep: float = 0.0) -> None:
        self.now = 100.0
        self.oversleep = oversleep

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds + self.oversleep
