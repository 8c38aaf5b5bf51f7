"""The load: meetings and the recognition queue, never the CPU."""

import contextlib
import gc
import http.server
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.load import FULL, AsrHeadroom, WorkerLoad


def server(meetings: int) -> SimpleNamespace:
    return SimpleNamespace(active_jobs=[object()] * meetings)


def load(read: Callable[[], float | None], times: list[float] | None = None) -> WorkerLoad:
    clock = iter(times or [0.0] * 100)
    return WorkerLoad(max_meetings=10, read_headroom=read, now=lambda: next(clock))


def test_an_idle_worker_has_no_load() -> None:
    assert load(lambda: 1.0)(server(0)) == 0.0


@pytest.mark.parametrize(("meetings", "expected"), [(5, FULL / 2), (10, FULL), (20, FULL)])
def test_meetings_fill_it(meetings: int, expected: float) -> None:
    assert load(lambda: 1.0)(server(meetings)) == pytest.approx(expected)


def test_one_full_moment_is_not_full_and_a_lasting_one_is() -> None:
    times = [float(n) for n in range(0, 400)]
    worker = load(lambda: 0.0, times)
    assert worker(server(0)) < FULL / 2
    for _ in range(30):
        last = worker(server(0))
    assert last == FULL


def test_while_the_recognition_process_restarts_meetings_still_begin() -> None:
    worker = load(lambda: None, [float(n) for n in range(0, 400)])
    for _ in range(50):
        last = worker(server(0))
    assert 0 < last < FULL


def test_the_process_is_asked_only_now_and_then() -> None:
    asked: list[int] = []

    def read() -> float:
        asked.append(1)
        return 1.0

    worker = load(read, [0.0, 0.0, 0.5, 1.0, 2.5, 2.5])
    for _ in range(4):
        worker(server(0))
    assert len(asked) == 2


def test_processes_that_are_away_leave_no_headroom_and_no_socket(tmp_path: Path) -> None:
    """Not there, left behind by a kill, or nobody on the port: none, and nothing left open."""
    killed = tmp_path / "killed.sock"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(killed))
    headroom = AsrHeadroom(f"unix:{tmp_path}/never.sock,unix:{killed},http://127.0.0.1:9")
    open_before = open_files()
    assert headroom() is None
    # A socket that is left to the garbage collector warns, and here warnings are errors.
    gc.collect()
    assert open_files() == open_before


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_the_process_with_the_most_headroom_is_told(tmp_path: Path) -> None:
    """Over Unix sockets and TCP; who answers nonsense does not count."""
    answers = ['{"headroom": 0.25}', '{"headroom": 0.5}', "<html>", '{"headroom": null}']
    with contextlib.ExitStack() as stack:
        urls = [
            stack.enter_context(serving(body, tmp_path / f"{number}.sock"))
            for number, body in enumerate(answers)
        ]
        urls.append(stack.enter_context(serving('{"headroom": 0.75}')))
        assert AsrHeadroom(",".join(urls))() == 0.75
        assert AsrHeadroom(",".join(urls[:4]))() == 0.5


@contextlib.contextmanager
def serving(body: str, path: Path | None = None) -> Iterator[str]:
    """A server that says so on `GET /load`, on a Unix socket or a port; yields its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/load" else 404)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return "client"

    if path is None:
        server: socketserver.TCPServer = socketserver.TCPServer(("127.0.0.1", 0), Handler)
        url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
    else:
        server, url = socketserver.UnixStreamServer(str(path), Handler), f"unix:{path}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
