"""Kept-alive HTTP/1.1 connections to one recognition process: a request out, an answer back.

Only what its answers need: a length, no chunks, no redirects, no proxy (the meeting's sound must
never leave by one of the environment). Any whole HTTP client spends ten times the CPU time on it,
more than hearing the track costs (benchmarks/profile).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Protocol

from models.wire.address import Address

CONNECT_TIMEOUT_SEC = 5.0
KEPT_SEC = 4.0
"""uvicorn closes what is idle for 5 s: a request must not cross with that."""
MOST_KEPT = 32
LONGEST_HEAD = 1 << 16
LONGEST_ANSWER = 1 << 22


class NoAnswer(Exception):
    """Nothing came back, or nothing that is an answer; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`kept`: the connection takes another request."""

    status: int
    body: bytes
    kept: bool = True

    @property
    def phrase(self) -> str:
        """What the status means."""
        return responses.get(self.status, str(self.status))


class Exchange(Protocol):
    """Sends one request and returns its answer; what `Connections` does."""

    async def send(
        self,
        method: str,
        target: str,
        *,
        timeout_sec: float,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> Answer:
        """Raises NoAnswer, at the latest after `timeout_sec`. Cancelling is safe."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Connections:
    """As many connections as requests are on their way at once: none waits behind another.

    A burst of finals after a restart must not queue behind partials. Of one event loop.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._host = address.base_url.removeprefix("http://")
        self._idle: list[_Connection] = []

    async def send(
        self,
        method: str,
        target: str,
        *,
        timeout_sec: float,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> Answer:
        """See `Exchange`. `target` and `headers` are ready to be sent: quoted, of one line."""
        lines = [f"{method} {target} HTTP/1.1", f"host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"content-length: {len(body)}", "", ""]
        try:
            async with asyncio.timeout(timeout_sec):
                connection = self._kept() or await self._connect()
                try:
                    answer = await connection.ask("\r\n".join(lines).encode("latin-1"), body)
                except BaseException:
                    # Its answer may still come, and would be taken for the next one's.
                    connection.close()
                    raise
        except TimeoutError as error:
            raise NoAnswer("doesn't answer in time") from error
        except OSError as error:
            raise NoAnswer(f"doesn't answer ({type(error).__name__})") from error
        self._keep(connection, kept=answer.kept)
        return answer

    async def aclose(self) -> None:
        """See `Exchange`."""
        while self._idle:
            self._idle.pop().close()
        await asyncio.sleep(0)  # the loop closes the sockets in its next round

    def _kept(self) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.open and now - connection.idle_since_sec < KEPT_SEC:
                return connection
            connection.close()
        return None

    def _keep(self, connection: _Connection, *, kept: bool) -> None:
        if not kept or len(self._idle) >= MOST_KEPT:
            connection.close()
            return
        connection.idle_since_sec = asyncio.get_running_loop().time()
        self._idle.append(connection)

    async def _connect(self) -> _Connection:
        loop, address = asyncio.get_running_loop(), self._address
        async with asyncio.timeout(CONNECT_TIMEOUT_SEC):
            if address.path is not None:
                opened = await loop.create_unix_connection(_Connection, str(address.path))
            else:
                opened = await loop.create_connection(_Connection, address.host, address.port)
        return opened[1]


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self.open = False
        self.idle_since_sec = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self._received = bytearray()
        self._reply: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport, self.open = transport, True

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc if isinstance(exc, OSError) else ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._reply is None or self._reply.done():
            self.close()  # nobody asked
            return
        try:
            answer = read_answer(self._received)
        except NoAnswer as error:
            self._fail(error)
            return
        if answer is not None:
            self._received.clear()
            self._reply.set_result(answer)

    async def ask(self, head: bytes, body: bytes) -> Answer:
        """Send a request and wait for its answer. Raises OSError, NoAnswer."""
        assert self._transport is not None
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(head + body)
        return await self._reply

    def close(self) -> None:
        """At once: what is not sent is thrown away."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def _fail(self, error: Exception) -> None:
        self.close()
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error)


def read_answer(received: bytearray) -> Answer | None:
    """Return the answer once all of it is `received`. Raises NoAnswer for what is none."""
    end = received.find(b"\r\n\r\n", 0, LONGEST_HEAD)
    if end < 0:
        if len(received) >= LONGEST_HEAD or not b"HTTP/1.".startswith(received[:7]):
            raise NoAnswer("gave an answer that is none")
        return None
    status, *lines = received[:end].decode("latin-1").split("\r\n")
    protocol, _, rest = status.partition(" ")
    fields = {
        name.strip().lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
    }
    length, code = fields.get("content-length", ""), rest[:3]
    known = protocol in ("HTTP/1.1", "HTTP/1.0") and code.isdigit() and len(code) == 3
    if not known or not (length.isascii() and length.isdigit()) or int(length) > LONGEST_ANSWER:
        raise NoAnswer("gave an answer that is none")
    if len(received) < (whole := end + 4 + int(length)):
        return None
    closes = protocol == "HTTP/1.0" or fields.get("connection", "").lower() == "close"
    return Answer(
        status=int(code),
        body=bytes(received[end + 4 : whole]),
        # More than was announced: who knows what it belongs to.
        kept=not closes and len(received) == whole,
    )
