"""A model that decodes nothing, for tests of what is in front of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from models.base import Kind, RecognitionRequest
from models.engine.engine import Engine
from models.whisper.item import Prepared, Transcript
from models.whisper.log_mel import LogMelStream
from models.whisper.sound import Sound


class FakeModel:
    """Says how many items its batches had; fails for items whose language is `xx`."""

    bands = 80

    def __init__(self) -> None:
        self.batches: list[tuple[Kind, int]] = []
        self.wide: list[bool] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def prompt_tokens(self, prompt: str) -> tuple[int, ...]:
        return tuple(range(len(prompt)))

    def new_stream(self) -> LogMelStream:
        return LogMelStream(FeatureExtractor(feature_size=80))

    def prepare(self, sound: Sound, *, window_sec: float, **rest: object) -> Prepared:
        mel = np.zeros((80, round(window_sec * 100)), dtype=np.float32)
        return Prepared(mel=mel, audio_sec=sound.samples / 16_000, **rest)

    def transcribe(self, batch: Sequence[Prepared]) -> list[Transcript]:
        self.entered.set()
        self.gate.wait(5)
        if any(item.language == "xx" for item in batch):
            raise RuntimeError("poison")
        self.batches.append((batch[0].kind, len(batch)))
        self.wide.append(batch[0].wide)
        return [Transcript(text="oui", language=item.language or "fr") for item in batch]


class Everything:
    """A model that knows every language."""

    def knows(self, language: str) -> bool:
        return True


def request(name: str, kind: Kind = Kind.FINAL, language: str | None = None) -> RecognitionRequest:
    samples = np.zeros(16_000, dtype=np.float32)
    return RecognitionRequest(utterance_id=name, kind=kind, samples=samples, language=language)


async def busy(engine: Engine, model: FakeModel) -> asyncio.Task[object]:
    """Keep the thread busy until the gate opens."""
    model.gate.clear()
    model.entered.clear()
    task = asyncio.create_task(engine.submit(request("busy")))
    await asyncio.to_thread(model.entered.wait, 5)
    return task
