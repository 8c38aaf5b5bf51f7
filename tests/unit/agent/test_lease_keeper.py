"""What becomes of a meeting whose lease ends, is taken, or can't be renewed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from agent.lease_keeper import LeaseKeeper
from agent.meeting_parts import Ending
from storage.line import MeetingState
from storage.record import LeaseLost


class FakeRecord:
    """Answers renewals as it is told, one after the other; the last answer stays."""

    def __init__(self, *answers: MeetingState | Exception) -> None:
        self.answers = list(answers)
        self.renewed = 0
        self.enough = asyncio.Event()

    async def renew_lease(self, lease: object, *, ttl_sec: float, heartbeat: object) -> object:
        self.renewed += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if self.renewed >= 3:
            self.enough.set()
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(state=answer)


def keeper(record: FakeRecord, endings: list[Ending]) -> LeaseKeeper:
    parts = SimpleNamespace(record=record, lease="lease", lease_sec=0.0)
    return LeaseKeeper(parts, heard=lambda: None, seen=lambda _: None, stop=endings.append)


async def kept(record: FakeRecord) -> list[Ending]:
    endings: list[Ending] = []
    task = asyncio.create_task(keeper(record, endings).run())
    await record.enough.wait()
    task.cancel()
    return endings


async def test_an_ended_meeting_is_stopped_and_its_lease_still_kept() -> None:
    """The minutes wait while it is held."""
    assert set(await kept(FakeRecord(MeetingState.LIVE, MeetingState.ENDED))) == {Ending.ENDED}


async def test_a_database_that_is_away_stops_nothing() -> None:
    """Nobody can be overtaken there either."""
    assert await kept(FakeRecord(OSError("away"), OSError("away"), MeetingState.LIVE)) == []


@pytest.mark.parametrize("before", [0, 2])
async def test_a_lease_that_another_took_ends_it(before: int) -> None:
    record = FakeRecord(*[MeetingState.LIVE] * before, LeaseLost("another"))
    endings: list[Ending] = []
    await keeper(record, endings).run()
    assert endings == [Ending.LEASE_LOST]
    assert record.renewed == before + 1
