"""A track over a WebSocket: sound out in pieces, JSON in."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any, Self

import aiohttp
import numpy as np

from greffier.supervisor import ProcessFailed
from models.base import SAMPLE_RATE, Samples

PIECE_SAMPLES = SAMPLE_RATE // 10
"""100 ms a message: smaller ones only cost the server, and its latency would not gain."""
OPEN_SEC = 60.0
"""The first client of some servers waits for the model."""
QUIET_SEC = 2.0
"""A server that never says it is done is taken as done after this long without news."""

Encode = Callable[[Samples], bytes]
Read = Callable[[dict[str, Any]], None]


def as_float32(samples: Samples) -> bytes:
    """Little-endian float32 in [-1, 1]."""
    return samples.astype("<f4").tobytes()


def as_int16(samples: Samples) -> bytes:
    """Little-endian int16."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


class Stream:
    """One WebSocket. `read` gets each message; `over` is set by the message that says so."""

    def __init__(
        self, *, encode: Encode, read: Read, end: str | bytes | None, goodbye: bytes | None = None
    ) -> None:
        self.over = asyncio.Event()
        self.greeted = asyncio.Event()
        self._encode = encode
        self._read = read
        self._end = end
        self._goodbye = goodbye
        self._pieces: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._waiting: list[Samples] = []
        self._news = asyncio.Event()
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, url: str, hello: str | None) -> Self:
        """Connect, say hello, and wait until `greeted`. Raises ProcessFailed."""
        self._http = aiohttp.ClientSession(trust_env=False)
        try:
            async with asyncio.timeout(OPEN_SEC):
                self._socket = await self._http.ws_connect(url, max_msg_size=0, compress=0)
                if hello is not None:
                    await self._socket.send_str(hello)
                self._tasks = [
                    asyncio.create_task(self._receive(self._socket)),
                    asyncio.create_task(self._send(self._socket)),
                ]
                await self.greeted.wait()
                if self.over.is_set():
                    raise ProcessFailed(f"{url} turned a track away")
        except (TimeoutError, aiohttp.ClientError) as error:
            await self.aclose()
            raise ProcessFailed(f"{url} takes no track ({type(error).__name__})") from error
        except BaseException:
            await self.aclose()
            raise
        return self

    def feed(self, samples: Samples) -> None:
        """Take a frame; it leaves with the piece it completes."""
        self._waiting.append(samples)
        if sum(len(one) for one in self._waiting) >= PIECE_SAMPLES:
            self._flush()

    async def finish(self) -> None:
        """Send the rest; wait for the server's word, or until it has been quiet for a while."""
        self._flush()
        if self._end is not None:
            self._pieces.put_nowait(self._end)
            await self.over.wait()
            return
        with contextlib.suppress(TimeoutError):
            while not self.over.is_set():
                self._news.clear()
                await asyncio.wait_for(self._news.wait(), QUIET_SEC)

    async def aclose(self) -> None:
        """Hang up."""
        if self._socket is not None and self._goodbye is not None and not self._socket.closed:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                await self._socket.send_bytes(self._goodbye)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._socket.close(), 2)
        if self._http is not None:
            await self._http.close()

    def _flush(self) -> None:
        if self._waiting:
            self._pieces.put_nowait(self._encode(np.concatenate(self._waiting)))
            self._waiting = []

    async def _send(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            piece = await self._pieces.get()
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                await (
                    socket.send_str(piece) if isinstance(piece, str) else socket.send_bytes(piece)
                )

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._news.set()
                    self._read(json.loads(message.data))
        finally:
            # A server that hangs up has nothing more to say.
            self.over.set()
            self.greeted.set()
