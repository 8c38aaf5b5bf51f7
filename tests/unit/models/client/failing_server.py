"""A recognition process that fails at some utterances: `python -m … SOCKET`.

The HTTP application and the engine are the real ones; which sound a model can't take, nobody knows.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

from models.engine.engine import Engine
from models.server.server import application
from models.settings import AsrSettings
from models.whisper.model import Prepared
from models.whisper.sound import Sound
from tests.unit.models.engine.fake_model import FakeModel

BAD_SAMPLES = 4_321
"""A sound of this length is one of them."""


class FailingModel(FakeModel):
    """Fails before the owner's thread has the request: where nothing but a 500 can come of it."""

    def knows(self, language: str) -> bool:
        return True

    def prepare(self, sound: Sound, **asked: Any) -> Prepared:
        if sound.samples == BAD_SAMPLES:
            raise ZeroDivisionError
        return super().prepare(sound, **asked)


if __name__ == "__main__":
    settings = AsrSettings(url=f"unix:{sys.argv[1]}")
    model = FailingModel()
    engine = Engine(model, settings)
    engine.start()
    uvicorn.run(application(engine, model, settings), uds=sys.argv[1], log_level="critical")
