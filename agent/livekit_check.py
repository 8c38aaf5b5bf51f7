"""Is LiveKit there, and does it take our keys? Asked once at the start, with a bounded wait."""

from __future__ import annotations

import asyncio
import time

import aiohttp
from livekit import api

from agent.errors import WorkerError

PATIENCE_SEC = 10.0
"""Everything of one machine starts together: the server may need a moment."""
EVERY_SEC = 0.5


async def check_livekit(
    url: str, api_key: str, api_secret: str, *, patience_sec: float = PATIENCE_SEC
) -> None:
    """Return once the server answers and knows the key. Raises WorkerError."""
    if url.partition("://")[0] not in ("ws", "wss", "http", "https"):
        raise WorkerError(
            f"LIVEKIT_URL is {url!r}: it must begin with ws:// or wss://, as ws://127.0.0.1:7880"
        )
    deadline = time.monotonic() + patience_sec
    while True:
        try:
            await _ask(url, api_key, api_secret)
        except api.TwirpError as error:
            if error.status in (401, 403):
                raise WorkerError(
                    f"LiveKit at {url} refuses the keys: check that LIVEKIT_API_KEY and "
                    "LIVEKIT_API_SECRET are a pair of its configuration"
                ) from error
            reason = f"it answers with status {error.status}; is this a LiveKit server?"
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
        else:
            return
        if time.monotonic() > deadline:
            raise WorkerError(
                f"LiveKit can't be reached at {url}: check LIVEKIT_URL, and that the server runs "
                f"({reason})"
            )
        await asyncio.sleep(EVERY_SEC)


async def _ask(url: str, api_key: str, api_secret: str) -> None:
    timeout = aiohttp.ClientTimeout(total=5)
    livekit = api.LiveKitAPI(url, api_key, api_secret, timeout=timeout)
    try:
        await livekit.room.list_rooms(api.ListRoomsRequest(names=["-"]))
    finally:
        await livekit.aclose()
