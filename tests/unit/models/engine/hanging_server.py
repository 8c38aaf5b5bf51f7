"""A recognition process whose model hangs in its first life: `python -m … SOCKET MARKER`.

The HTTP application, the engine and the watchdog are the real ones; a hung GPU can't be had.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from models.engine.engine import Engine
from models.server.server import application
from models.settings import AsrSettings
from models.whisper.item import Prepared, Transcript
from tests.unit.models.engine.fake_model import FakeModel


class HangingModel(FakeModel):
    """Never returns, unless the marker says that this is a later life."""

    def __init__(self, marker: Path) -> None:
        super().__init__()
        self._marker = marker

    def knows(self, language: str) -> bool:
        return True

    def transcribe(self, batch: Sequence[Prepared]) -> list[Transcript]:
        if not self._marker.exists():
            self._marker.touch()
            threading.Event().wait()
        return super().transcribe(batch)


def main(socket: str, marker: Path) -> None:
    settings = AsrSettings(url=f"unix:{socket}", hang_floor_sec=0.5, hang_factor=0.1)
    model = HangingModel(marker)
    engine = Engine(model, settings)
    engine.start()
    uvicorn.run(application(engine, model, settings), uds=socket, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
