from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from models.client.client import AsrClient
from models.engine.watchdog import EXIT_HUNG, Watchdog
from tests.unit.models.engine.fake_model import request
from tests.unit.models.server.asr_process import ROOT, until_healthy


def test_only_what_takes_longer_than_its_limit_ends_the_process() -> None:
    now, ended = [0.0], list[float]()
    watchdog = Watchdog(clock=lambda: now[0], end=ended.append)
    with watchdog.limit(30.0):
        now[0] = 30.0
        watchdog.look()
    now[0] = 99.0
    watchdog.look()
    assert ended == [], "in time, and then nothing is watched"
    with watchdog.limit(5.0):
        now[0] = 104.1
        watchdog.look()
    assert ended == [5.0]


@contextlib.contextmanager
def life(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


async def test_a_hung_model_ends_its_process_and_nothing_is_lost(tmp_path: Path) -> None:
    """A real process: exit status 75, and the next one answers what the clients send again."""
    socket = str(tmp_path / "asr.sock")
    command = [sys.executable, "-m", "tests.unit.models.engine.hanging_server", socket]
    command.append(str(tmp_path / "hung-once"))
    async with AsrClient(f"unix:{socket}") as client:
        with life(command) as first:
            await until_healthy(client)
            asked = [replace(request(f"u{at}"), track_id=f"t{at}") for at in range(3)]
            answers = [asyncio.create_task(client.recognise(one)) for one in asked]
            assert await asyncio.to_thread(first.wait, 30) == EXIT_HUNG
        with life(command):
            texts = [(one.utterance_id, one.text) for one in await asyncio.gather(*answers)]
    assert texts == [(f"u{at}", "oui") for at in range(3)]
