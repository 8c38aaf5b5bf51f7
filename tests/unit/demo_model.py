"""The demo model in this process, behind the engine that batches: real text without a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from models.base import Recognition, RecognitionRequest
from models.engine.engine import Engine
from models.settings import AsrSettings
from models.whisper.model import WhisperModel
from models.whisper.sound import Sound


class InProcess:
    """A `Recogniser` without HTTP."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        sound = replace(Sound.whole(request.samples), first=request.skip_samples)
        return await self._engine.submit(request, sound=sound)


@contextmanager
def demo_model() -> Iterator[InProcess]:
    """Loaded and started; stopped at the end."""
    settings = AsrSettings(threads=1)
    model = WhisperModel.load(settings.model, AsrSettings(device="cpu", threads=1))
    engine = Engine(model, settings)
    engine.start()
    try:
        yield InProcess(engine)
    finally:
        engine.stop()
