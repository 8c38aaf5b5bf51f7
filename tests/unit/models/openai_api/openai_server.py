"""The asr application with a scripted model, on a real uvicorn server and a free port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from openai import AsyncOpenAI
from pydantic import SecretStr

from models.engine.engine import Engine
from models.fakes import LoudnessDetector
from models.server.server import application
from models.settings import AsrSettings
from tests.unit.models.recordings import LoudnessModel

KEY = "a-key-for-tests"


class _Server(uvicorn.Server):
    """One that leaves pytest's signal handlers alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What a test needs of the server."""

    url: str
    engine: Engine
    model: LoudnessModel
    stopping: asyncio.Event

    def client(self, key: str = KEY) -> AsyncOpenAI:
        return AsyncOpenAI(api_key=key, base_url=f"{self.url}/v1", max_retries=0)


@contextlib.asynccontextmanager
async def serving(**settings: object) -> AsyncIterator[Serving]:
    """Serve; what is not told is as small as a test wants it."""
    given = {
        "model": Path("turbo"),
        "url": "http://127.0.0.1:9000",
        "api_key": SecretStr(KEY),
        "batch_wait_ms": 0,
        "max_upload_mb": 4,
        "max_audio_minutes": 1,
        **settings,
    }
    own = AsrSettings(**given)
    model = LoudnessModel()
    engine = Engine(model, own)
    engine.start()
    app = application(engine, model, own, detector=LoudnessDetector)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:
                await asyncio.sleep(0.005)
            port = listening.getsockname()[1]
            yield Serving(
                url=f"http://127.0.0.1:{port}",
                engine=engine,
                model=model,
                stopping=app.state.stopping,
            )
        finally:
            model.gate.set()
            server.should_exit = True
            await task
            engine.stop()
