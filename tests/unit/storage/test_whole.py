"""A cancelled caller leaves no transaction behind."""

import asyncio

import pytest

from storage.database import Database
from storage.record import Record
from storage.whole import whole


async def test_cancelled_at_any_moment_a_transaction_holds_no_lock(database_url: str) -> None:
    mine, others = Database(database_url), Database(database_url)
    record = Record(mine)
    meeting = await record.open_meeting(room="salle", title="", language="fr")
    lease = await record.take_lease(meeting.id, holder="a", ttl_sec=60)
    assert lease is not None
    for moment in range(60):
        task = asyncio.create_task(record.renew_lease(lease, ttl_sec=60))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(5):
            assert await Record(others).live_meeting("salle") is not None
    await mine.close()
    await others.close()


async def test_the_caller_is_cancelled_once_the_work_is_done() -> None:
    began, go, done = asyncio.Event(), asyncio.Event(), []

    @whole
    async def work() -> None:
        began.set()
        await go.wait()
        done.append(True)

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [True]


async def test_results_and_errors_come_through() -> None:
    @whole
    async def half(number: int) -> int:
        if number % 2:
            raise ValueError("odd")
        return number // 2

    assert await half(4) == 2
    with pytest.raises(ValueError, match="odd"):
        await half(3)
