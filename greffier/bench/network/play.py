"""One play of the demo meeting: its speakers behind a weak link, a reader beside the server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx

from greffier.bench.network.excerpt import excerpt
from greffier.bench.network.link import Link
from greffier.demo.outcome import Outcome
from greffier.demo.script import Script, load
from greffier.demo.speaker import SentLog, ask_token
from greffier.demo.viewer import Viewer
from greffier.stack import Addresses
from greffier.supervisor import ProcessFailed

_JOIN_SEC = 60.0
_DELIVERY_SEC = 60.0
_LINE_BYTES = 1 << 24
"""When each of 20 ms was sent is one line; asyncio's own limit is 64 KiB."""
_SETTLE_SEC = 3.0
"""What is still under way at the end has arrived after this."""


async def play(
    addresses: Addresses,
    link: Link,
    *,
    room: str,
    seconds: float,
    joined: Callable[[], None] = lambda: None,
) -> Outcome:
    """Play the first `seconds` in `room`; `joined` is called once the speakers are there.

    Raises ProcessFailed when a part of it fails.
    """
    script = excerpt(load(), seconds)
    begun = time.monotonic()
    async with httpx.AsyncClient(base_url=addresses.rooms_url, timeout=30) as client:
        ticket = await ask_token(client, room=room, name="Reader", identity="reader", mode="read")
        viewer = Viewer(lambda _: None)
        await viewer.join(ticket.server_url, ticket.token)
        try:
            async with _speakers(addresses, link, room, seconds) as speakers:
                joined()
                await asyncio.wait_for(viewer.told(), _JOIN_SEC)
                start = time.monotonic() + 0.5
                sent = await _spoken(speakers, start, script)
                await asyncio.sleep(_SETTLE_SEC)
                people = viewer.people
                await _stop(client, addresses, room)
                meeting_sec = time.monotonic() - start
                said = await asyncio.wait_for(viewer.minutes, _DELIVERY_SEC)
        except TimeoutError:
            raise ProcessFailed("the agent or the minutes did not come in time") from None
        finally:
            await viewer.leave()
    return Outcome(
        script=script,
        captions=tuple(viewer.captions),
        sent={identity: log.moment for identity, log in sent.items()},
        unix_minus_loop=time.time() - time.monotonic(),
        people=tuple(people),
        state=str(said["state"]),
        results=Path(addresses.results) / str(said["meeting"]),
        setup_sec=start - begun,
        meeting_sec=meeting_sec,
    )


@contextlib.asynccontextmanager
async def _speakers(
    addresses: Addresses, link: Link, room: str, seconds: float
) -> AsyncIterator[Process]:
    """The speakers' program, once all of them have joined."""
    module = "greffier.bench.network.speakers"
    argv = link.run(sys.executable, "-m", module, addresses.rooms_url, room, str(seconds))
    here = Path(__file__).parents[3]
    process = await asyncio.create_subprocess_exec(
        *argv,
        limit=_LINE_BYTES,
        stdin=PIPE,
        stdout=PIPE,
        env=os.environ | {"PYTHONPATH": str(here)},
    )
    try:
        await _line(process, _JOIN_SEC)
        yield process
        await process.communicate(b"\n")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _spoken(process: Process, start: float, script: Script) -> dict[str, SentLog]:
    """Have them begin at `start`; when all is said, when each part of it left."""
    assert process.stdin is not None
    process.stdin.write(f"{start}\n".encode())
    said = json.loads(await _line(process, script.seconds + _JOIN_SEC))
    return {identity: SentLog(**log) for identity, log in said.items()}


async def _line(process: Process, timeout_sec: float) -> bytes:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), timeout_sec)
    if not line:
        raise ProcessFailed("the speakers could not join: their last words are above")
    return line


async def _stop(client: httpx.AsyncClient, addresses: Addresses, room: str) -> None:
    key = {"Authorization": f"Bearer {addresses.rooms_api_key}"}
    answer = await client.post(f"/api/rooms/{room}/transcription/stop", headers=key)
    answer.raise_for_status()
