"""One track: its sound, its captions, and what is shown of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np

from models.base import (
    SAMPLE_RATE,
    Kind,
    Pressure,
    Samples,
)
from models.fakes import LoudnessDetector, ScriptedRecogniser
from pipelines.captions import TrackCaptions
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.settings import CaptionSettings

SPEAKER = Speaker(identity="ana", name="Ana", track_sid="TR_1")
FRAME = 800


@dataclass
class Shown:
    events: list[object] = field(default_factory=list)
    error: Exception | None = None
    pressures: list[Pressure] = field(default_factory=list)

    async def partial(self, caption: PartialCaption) -> None:
        self.events.append(caption)

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        self.pressures.append(pressure)
        if self.error:
            raise self.error
        self.events.append(segment)

    async def dropped(self, caption: DroppedCaption) -> None:
        self.events.append(caption)

    async def gap(self, gap: Gap) -> None:
        self.events.append(gap)

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def speech(sec: float) -> Samples:
    return np.full(round(sec * SAMPLE_RATE), 0.1, dtype=np.float32)


def quiet(sec: float) -> Samples:
    return np.zeros(round(sec * SAMPLE_RATE), dtype=np.float32)


def make(
    recogniser: ScriptedRecogniser, sink: Shown, held_words: int = 0, **more: int
) -> TrackCaptions:
    return TrackCaptions(
        meeting_id="m1",
        speaker=SPEAKER,
        detector=LoudnessDetector(),
        recogniser=recogniser,
        sink=sink,
        settings=CaptionSettings(held_words=held_words),
        **more,
    )


async def play(captions: TrackCaptions, *parts: Samples, at: int = 0) -> int:
    audio = np.concatenate(parts)
    for offset in range(0, len(audio), FRAME):
        await captions.feed(audio[offset : offset + FRAME], at + offset)
        for _ in range(5):
            await asyncio.sleep(0)
    return at + len(audio)


def by_kind(partial: str = "bonjour", final: str = "Bonjour à tous.") -> ScriptedRecogniser:
    return ScriptedRecogniser(lambda r: final if r.kind is Kind.FINAL else partial)
