from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.client.connections import KEPT_SEC, Answer, Connections, NoAnswer, read_answer
from models.wire.address import Address

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"


class Server:
    """Answers each request with the next of `answers`, b"" closes instead; /never is not answered,
    and of what /half is answered half is missing.
    """

    def __init__(self, path: Path, *answers: bytes) -> None:
        self.address = Address(path=path)
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self._over = asyncio.Event()
        self._serving: list[asyncio.Task[None] | None] = []

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Connections]:
        connections = Connections(self.address)
        async with await asyncio.start_unix_server(self._serve, self.address.path):
            try:
                yield connections
            finally:
                await connections.aclose()
                self._over.set()
                await asyncio.gather(*(one for one in self._serving if one is not None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._serving.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                if b"POST /never" in head or b"POST /half" in head:
                    writer.write(OK[:20] if b"/half" in head else b"")
                    await self._over.wait()
                    break
                if not (answer := self.answers.pop(0)):
                    break
                writer.write(answer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def ask(connections: Connections, target: str = "/x?a=b", sec: float = 30.0) -> Answer:
    return await connections.send("POST", target, timeout_sec=sec, body=b"sound")


async def test_a_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    server = Server(tmp_path / "s", OK, OK)
    async with server.serving() as connections:
        assert await ask(connections) == Answer(status=200, body=b"body")
        await connections.send("GET", "/load", timeout_sec=30, headers={"traceparent": "00-1"})
    assert server.connections == 1
    assert server.requests == [
        b"POST /x?a=b HTTP/1.1\r\nhost: asr\r\ncontent-length: 5\r\n\r\nsound",
        b"GET /load HTTP/1.1\r\nhost: asr\r\ntraceparent: 00-1\r\ncontent-length: 0\r\n\r\n",
    ]


async def test_requests_at_once_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """The second is answered though the first never is."""
    server = Server(tmp_path / "s", OK)
    async with server.serving() as connections:
        first = asyncio.create_task(ask(connections, "/never"))
        while not server.requests:
            await asyncio.sleep(0)
        assert (await ask(connections)).status == 200
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


async def test_the_answer_to_a_request_given_up_reaches_nobody_else(tmp_path: Path) -> None:
    """A cancelled or late request takes its connection with it."""
    server = Server(tmp_path / "s", OK)
    async with server.serving() as connections:
        cancelled = asyncio.create_task(ask(connections, "/never"))
        while not server.requests:
            await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert not connections._idle
        with pytest.raises(NoAnswer, match="in time"):
            await ask(connections, "/never", sec=0.01)
        assert not connections._idle
        assert (await ask(connections)).status == 200


async def test_what_was_idle_too_long_is_not_used_again(tmp_path: Path) -> None:
    """The process may be closing it at that very moment."""
    server = Server(tmp_path / "s", OK, OK)
    async with server.serving() as connections:
        await ask(connections)
        connections._idle[0].idle_since_sec -= KEPT_SEC
        await ask(connections)
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        OK + b"HTTP/1.1 200 OK\r\n",
    ],
)
async def test_a_connection_that_ends_or_goes_on_by_itself_is_not_kept(
    answer: bytes, tmp_path: Path
) -> None:
    server = Server(tmp_path / "s", answer, OK)
    async with server.serving() as connections:
        assert (await ask(connections)).status == 200
        assert (await ask(connections)).body == b"body"
    assert server.connections == 2


async def test_a_process_that_dies_before_it_answers_gives_none(tmp_path: Path) -> None:
    """And the next request finds the process that has come instead."""
    server = Server(tmp_path / "s", b"", OK)
    async with server.serving() as connections:
        with pytest.raises(NoAnswer, match="ConnectionReset"):
            await ask(connections)
        with pytest.raises(NoAnswer, match="in time"):
            await ask(connections, "/half", sec=0.01)
        assert (await ask(connections)).status == 200


async def test_where_nobody_listens_there_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="FileNotFound"):
        await ask(Connections(Address(path=tmp_path / "none")))


async def test_who_speaks_unasked_is_not_asked_again(tmp_path: Path) -> None:
    """What came between two requests is taken for the answer of neither."""
    server = Server(tmp_path / "s", OK, OK)
    async with server.serving() as connections:
        await ask(connections)
        kept = connections._idle[0]
        kept.data_received(OK)
        assert not kept.open
        await ask(connections)
    assert server.connections == 2


@given(st.integers(0, 60), st.binary(max_size=40))
def test_an_answer_is_whole_or_not_there_yet(cut: int, body: bytes) -> None:
    """However it is cut, nothing is told before its last byte, and then all of it."""
    whole = b"HTTP/1.1 409 Conflict\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    assert read_answer(bytearray(whole)) == Answer(status=409, body=body)
    if cut < len(whole):
        assert read_answer(bytearray(whole[:cut])) is None


@pytest.mark.parametrize(
    "received",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000,
    ],
)
def test_what_no_recognition_process_says_is_no_answer(received: bytes) -> None:
    with pytest.raises(NoAnswer, match="none"):
        read_answer(bytearray(received))


def test_a_status_nobody_knows_is_its_own_phrase() -> None:
    assert Answer(status=409, body=b"").phrase == "Conflict"
    assert Answer(status=299, body=b"").phrase == "299"
