"""The recognition process itself, over a model of random weights."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from models.client.client import AsrClient

ROOT = Path(__file__).parents[4]
CODE = """
import sys
from pathlib import Path
from models.server.server import serve
from models.settings import AsrSettings
small = {"device": "cpu", "threads": 1, "max_batch": 2, "beam_final": 1}
serve(AsrSettings(model=Path(sys.argv[1]), url=sys.argv[2], **small))
"""


@contextlib.contextmanager
def process(model: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen([sys.executable, "-c", CODE, str(model), url], cwd=ROOT)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


async def until_healthy(client: AsrClient) -> None:
    deadline = time.monotonic() + 60
    while not await client.healthy():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
