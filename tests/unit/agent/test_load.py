"""The load: meetings and the recognition queue, never the CPU."""

from collections.abc import Callable
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


def test_a_process_that_is_away_has_no_headroom_to_tell(tmp_path) -> None:
    headroom = AsrHeadroom(f"http://127.0.0.1:{9},http://127.0.0.1:{10}")
    assert headroom() is None
    headroom.close()
