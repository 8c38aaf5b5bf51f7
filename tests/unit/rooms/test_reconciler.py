"""The reconciler over a real database and LiveKit in memory, with clocks of its own."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from rooms.livekit_api import Dispatch, Person
from rooms.livekit_fake import FakeRoomControl
from rooms.reconciler import Reconciler
from storage.database import Database
from storage.line import MeetingState, Room
from storage.record import Record
from storage.rooms import RoomBook

ELISE = Person(identity="elise", may_speak=True)
READER = Person(identity="reader", may_speak=False)
SALLE = Room(name="salle", title="x", language="fr", organisers=(), transcribe=True)


@dataclass
class Clock:
    sec: float = 1_000_000.0

    def __call__(self) -> float:
        return self.sec

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sec, UTC)


@dataclass
class World:
    clock: Clock
    control: FakeRoomControl
    record: Record
    book: RoomBook
    reconciler: Reconciler
    woken: asyncio.Event

    async def live(self) -> str | None:
        meeting = await self.record.live_meeting("salle")
        return meeting.id if meeting else None

    async def meet(self, *, ttl_sec: float = 1e6) -> str:
        meeting = await self.record.open_meeting(room="salle", title="x", language="fr")
        assert await self.record.take_lease(meeting.id, holder="job", ttl_sec=ttl_sec)
        return meeting.id


@pytest.fixture
async def world(database: Database) -> World:
    clock, control, woken = Clock(), FakeRoomControl(), asyncio.Event()
    record, book = Record(database, clock.now), RoomBook(database, clock.now)
    reconciler = Reconciler(
        control=control,
        record=record,
        book=book,
        every_sec=60,
        empty_grace_sec=30,
        woken=woken,
        now=clock,
        wall=clock,
    )
    return World(clock, control, record, book, reconciler, woken)


async def test_a_peopled_room_gets_one_dispatch_and_another_only_after_patience(
    world: World,
) -> None:
    await world.book.create(SALLE)
    world.control.rooms["salle"] = [ELISE]
    for _ in range(3):
        await world.reconciler.look()
        world.clock.sec += 1
    assert world.control.created == ["salle"]
    world.clock.sec += 4
    await world.reconciler.look()
    assert world.control.created == ["salle", "salle"]
    assert world.control.deleted == ["AD_1"], "dispatches must not pile up"


async def test_a_room_with_readers_only_needs_no_agent_and_does_not_keep_a_meeting(
    world: World,
) -> None:
    await world.book.create(SALLE)
    world.control.rooms["salle"] = [READER]
    await world.reconciler.look()
    assert world.control.created == []
    await world.meet()
    await world.reconciler.look()
    world.clock.sec += 31
    await world.reconciler.look()
    assert await world.live() is None


async def test_a_starting_job_is_given_time_and_a_dead_one_is_replaced(world: World) -> None:
    await world.book.create(SALLE)
    world.control.rooms["salle"] = [ELISE]
    start = world.clock.sec
    running = Dispatch(id="AD_x", created_at=start, running_since=start)
    world.control.asked["salle"] = [running]
    world.clock.sec += 14
    await world.reconciler.look()
    assert world.control.created == []
    world.clock.sec += 2
    await world.reconciler.look()
    assert (world.control.deleted, world.control.created) == (["AD_x"], ["salle"])


async def test_another_process_that_just_asked_is_not_doubled(world: World) -> None:
    await world.book.create(SALLE)
    world.control.rooms["salle"] = [ELISE]
    other = Dispatch(id="AD_o", created_at=world.clock.sec - 1, running_since=None)
    world.control.asked["salle"] = [other]
    await world.reconciler.look()
    assert (world.control.deleted, world.control.created) == ([], [])


async def test_a_lapsed_lease_brings_a_new_agent_into_the_same_meeting(world: World) -> None:
    await world.book.create(SALLE)
    world.control.rooms["salle"] = [ELISE]
    meeting = await world.meet(ttl_sec=15)
    await world.reconciler.look()
    assert world.control.created == []
    world.clock.sec += 16
    await world.reconciler.look()
    assert world.control.created == ["salle"]
    assert await world.live() == meeting


@pytest.mark.parametrize("gone", [True, False])
@pytest.mark.parametrize("own", [True, False])
async def test_an_empty_or_gone_room_ends_its_meeting_after_the_grace(
    world: World, gone: bool, own: bool
) -> None:
    if own:
        await world.book.create(SALLE)
    world.control.rooms["salle"] = [ELISE]
    meeting = await world.meet()
    await world.reconciler.look()
    if gone:
        del world.control.rooms["salle"]
    else:
        world.control.rooms["salle"] = []
    await world.reconciler.look()
    world.clock.sec += 29
    await world.reconciler.look()
    assert await world.live() == meeting
    world.clock.sec += 1
    await world.reconciler.look()
    assert await world.live() is None
    ended = await world.record.meeting(meeting)
    assert ended is not None
    assert ended.state is MeetingState.ENDED
    assert ("salle" in world.control.notices) is own, "only our own rooms' metadata is written"


async def test_who_comes_back_within_the_grace_finds_the_same_meeting(world: World) -> None:
    await world.book.create(SALLE)
    world.control.rooms["salle"] = []
    meeting = await world.meet()
    for people in ([], [ELISE], []):
        world.control.rooms["salle"] = people
        await world.reconciler.look()
        world.clock.sec += 20
    await world.reconciler.look()
    assert await world.live() == meeting


async def test_a_meeting_that_an_agent_opened_after_the_stop_is_ended(world: World) -> None:
    await world.book.create(SALLE)
    await world.book.set_transcribe("salle", wanted=False)
    world.control.rooms["salle"] = [ELISE]
    await world.meet()
    await world.reconciler.look()
    assert await world.live() is None
    assert world.control.created == []


async def test_another_products_room_gets_no_agent_of_ours(world: World) -> None:
    world.control.rooms["salle"] = [ELISE]
    await world.meet(ttl_sec=1)
    world.clock.sec += 60
    await world.reconciler.look()
    assert world.control.created == []
    assert await world.live() is not None


async def test_livekit_down_is_logged_once_ends_nothing_and_is_survived(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "greffier.rooms")
    await world.book.create(SALLE)
    meeting = await world.meet()
    world.control.down = True
    task = asyncio.create_task(world.reconciler.run())
    for _ in range(3):
        world.clock.sec += 100
        world.woken.set()
        await asyncio.sleep(0.2)
    warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert await world.live() == meeting
    world.control.down = False
    world.control.rooms["salle"] = [ELISE]
    world.clock.sec += 1e7
    world.woken.set()
    async with asyncio.timeout(5):
        while not world.control.created:
            await asyncio.sleep(0.02)
    world.reconciler.stop()
    async with asyncio.timeout(5):
        await task


async def test_stop_ends_a_wait_at_once_even_as_an_event_arrives(world: World) -> None:
    task = asyncio.create_task(world.reconciler.run())
    await asyncio.sleep(0.1)
    world.woken.set()
    world.reconciler.stop()
    async with asyncio.timeout(2):
        await task
