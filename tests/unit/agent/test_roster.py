"""Names of those who were in the meeting, written together."""

import asyncio
from collections.abc import Mapping

import pytest

from agent.roster import Roster


class Book:
    """Takes names, slowly if told so, and fails as often as it is told."""

    def __init__(self) -> None:
        self.writes: list[dict[str, str]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.failures = 0

    async def write(self, names: Mapping[str, str]) -> None:
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        self.writes.append(dict(names))


async def until_idle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_crowd_that_joins_at_once_is_one_write() -> None:
    book = Book()
    roster = Roster(book.write)
    running = asyncio.create_task(roster.run())
    for number in range(500):
        roster.saw(f"p{number}", f"P{number}")
    await until_idle()
    assert [len(write) for write in book.writes] == [500]
    running.cancel()


async def test_who_comes_while_it_is_written_is_in_the_next_one_under_the_last_name() -> None:
    book = Book()
    roster = Roster(book.write)
    running = asyncio.create_task(roster.run())
    book.open.clear()
    roster.saw("a", "Anne")
    await until_idle()
    roster.saw("b", "Bob")
    roster.saw("b", "Robert")
    book.open.set()
    await until_idle()
    assert book.writes == [{"a": "Anne"}, {"b": "Robert"}]
    running.cancel()


async def test_what_could_not_be_written_is_written_later_and_a_newer_name_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agent.roster.RETRY_SEC", 0)
    book = Book()
    book.failures = 2
    roster = Roster(book.write)
    running = asyncio.create_task(roster.run())
    roster.saw("a", "Anne")
    await until_idle()
    assert book.writes == [{"a": "Anne"}]
    running.cancel()
    book.failures = 1
    roster.saw("b", "Bob")
    with pytest.raises(ConnectionError):
        await roster.flush()
    roster.saw("b", "Robert")
    await roster.flush()
    assert book.writes[-1] == {"b": "Robert"}
