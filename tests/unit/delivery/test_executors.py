"""Who counts as dead, and that its work is taken up by one."""

import pytest

from delivery.executors import Executors, StruckOff
from storage.database import Database
from storage.executors import ExecutorBook

DEAD_AFTER_SEC = 10.0


class Clock:
    def __init__(self) -> None:
        self.sec = 100.0

    def __call__(self) -> float:
        return self.sec

    async def sleep(self, sec: float) -> None:
        self.sec += sec


class Workflows:
    """What is pending, by executor; `requeued` is what was taken up."""

    def __init__(self, *executors: str) -> None:
        self.pending = set(executors)
        self.requeued: list[str] = []

    async def executors(self) -> set[str]:
        return set(self.pending)

    async def requeue(self, executor: str) -> None:
        self.pending.discard(executor)
        self.requeued.append(executor)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(database: Database) -> ExecutorBook:
    return ExecutorBook(database)


def executors(book: ExecutorBook, clock: Clock, own: str, pending: Workflows) -> Executors:
    return Executors(
        book=book,
        own=own,
        pending=pending,
        dead_after_sec=DEAD_AFTER_SEC,
        monotonic=clock,
        sleep=clock.sleep,
    )


async def look_for(clock: Clock, sec: float, *living: Executors) -> None:
    every_sec = living[0].every_sec
    for _ in range(round(sec / every_sec)):
        clock.sec += every_sec
        for one in living:
            await one.look()


async def test_nobody_who_beats_is_dead(book: ExecutorBook, clock: Clock) -> None:
    pending = Workflows("one", "two")
    one, two = (executors(book, clock, name, pending) for name in ("one", "two"))
    await one.enter()
    await two.enter()
    await look_for(clock, 5 * DEAD_AFTER_SEC, one, two)
    assert pending.requeued == []


async def test_who_stops_beating_is_dead_after_a_while_and_taken_up_by_one(
    book: ExecutorBook, clock: Clock
) -> None:
    pending = Workflows("one")
    one, two, three = (executors(book, clock, name, pending) for name in ("one", "two", "three"))
    for each in (one, two, three):
        await each.enter()
    await look_for(clock, DEAD_AFTER_SEC, one, two, three)
    await look_for(clock, DEAD_AFTER_SEC - 2, two, three)
    assert pending.requeued == []
    await look_for(clock, 4, two, three)
    assert pending.requeued == ["one"]
    with pytest.raises(StruckOff):
        await one.look()


async def test_work_of_an_executor_that_nobody_knows_is_taken_up(
    book: ExecutorBook, clock: Clock
) -> None:
    """One that left, or died between being struck off and its work being queued again."""
    pending = Workflows("gone")
    two = executors(book, clock, "two", pending)
    await two.enter()
    await look_for(clock, DEAD_AFTER_SEC + 4, two)
    assert pending.requeued == ["gone"]


async def test_who_slept_asks_before_a_step_and_begins_none_once_struck_off(
    book: ExecutorBook, clock: Clock
) -> None:
    one = executors(book, clock, "one", Workflows())
    await one.enter()
    await one.alive()
    clock.sec += 3 * DEAD_AFTER_SEC
    await one.alive()  # nobody was there to strike it off
    await book.strike("one")
    await one.alive()  # a moment ago it was alive for sure
    clock.sec += DEAD_AFTER_SEC
    with pytest.raises(StruckOff):
        await one.alive()


async def test_while_the_database_was_away_nobody_died(book: ExecutorBook, clock: Clock) -> None:
    """The first to come back must not bury the others."""
    pending = Workflows("one")
    one, two = (executors(book, clock, name, pending) for name in ("one", "two"))
    await one.enter()
    await two.enter()
    await look_for(clock, DEAD_AFTER_SEC, one, two)
    clock.sec += 10 * DEAD_AFTER_SEC
    await two.look()
    await look_for(clock, DEAD_AFTER_SEC / 2, two)
    await one.look()
    assert pending.requeued == []


async def test_who_leaves_and_comes_again_lives(book: ExecutorBook, clock: Clock) -> None:
    one = executors(book, clock, "one", Workflows())
    await one.enter()
    await one.enter()
    await one.leave()
    assert await book.beats() == {}
    await one.enter()
    await one.look()
    assert set(await book.beats()) == {"one"}
