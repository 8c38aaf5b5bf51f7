"""Asked for a job: one agent a room, decided before accepting."""

import asyncio
from types import SimpleNamespace

import pytest

from agent.dispatch import answer
from storage.database import Database
from storage.line import Organiser, Room
from storage.record import Record
from storage.rooms import RoomBook
from tests.unit.agent.job_values import VALUES


class FakeJobRequest:
    """What the SDK hands over, with the answer it got."""

    def __init__(self, room: str, job_id: str = "AJ_1") -> None:
        self.room = SimpleNamespace(name=room)
        self.id = job_id
        self.identity = ""
        self.terminate: bool | None = None

    async def accept(self, *, identity: str, name: str) -> None:
        self.identity = identity

    async def reject(self, *, terminate: bool = True) -> None:
        self.terminate = terminate


@pytest.fixture
def rooms(database: Database) -> RoomBook:
    return RoomBook(database)


async def asked(room: str, record, rooms, *, job_id: str = "AJ_1", running: int = 0):
    request = FakeJobRequest(room, job_id)
    await answer(request, values=VALUES, record=record, rooms=rooms, running=running)
    return request


async def test_a_room_nobody_captions_is_accepted(record: Record, rooms: RoomBook) -> None:
    request = await asked("salle", record, rooms)
    assert request.identity == "greffier-salle"
    meeting = await record.live_meeting("salle")
    assert meeting is not None
    assert (meeting.title, meeting.holder) == ("salle", "AJ_1")


async def test_our_rooms_bring_their_title_language_and_organisers(
    record: Record, rooms: RoomBook
) -> None:
    organiser = Organiser(email="a@example.org", name="Anne", language="en")
    room = Room(name="r", title="Budget", language="en", organisers=(organiser,), transcribe=True)
    await rooms.create(room)
    await asked("r", record, rooms)
    meeting = await record.live_meeting("r")
    assert meeting is not None
    assert (meeting.title, meeting.language, meeting.organisers) == ("Budget", "en", (organiser,))


async def test_a_second_dispatch_is_refused_for_every_worker(
    record: Record, rooms: RoomBook
) -> None:
    await asked("salle", record, rooms)
    second = await asked("salle", record, rooms, job_id="AJ_2")
    assert (second.identity, second.terminate) == ("", True)


async def test_a_successor_has_an_identity_of_its_own(record: Record, rooms: RoomBook) -> None:
    """The killed agent's ghost is still in the room: whoever evicts it loses the job with it."""
    await asked("salle", record, rooms)
    meeting = await record.live_meeting("salle")
    assert meeting is not None
    await record.take_lease(meeting.id, holder="AJ_1", ttl_sec=-1)
    assert (await asked("salle", record, rooms, job_id="AJ_2")).identity == "greffier-salle-2"


async def test_of_two_at_once_one_is_accepted(record: Record, rooms: RoomBook) -> None:
    both = await asyncio.gather(
        *(asked("salle", record, rooms, job_id=f"AJ_{n}") for n in range(2))
    )
    assert sorted(request.identity for request in both) == ["", "greffier-salle"]


async def test_a_room_whose_people_stopped_it_is_refused(record: Record, rooms: RoomBook) -> None:
    """A dispatch that was under way when they pressed stop must not begin a new meeting."""
    await rooms.create(Room(name="r", title="", language="fr", organisers=(), transcribe=False))
    assert (await asked("r", record, rooms)).terminate is True
    assert await record.live_meeting("r") is None


async def test_throw_away_rooms_are_refused(record: Record, rooms: RoomBook) -> None:
    assert (await asked("connection-test-1", record, rooms)).terminate is True
    assert await record.live_meeting("connection-test-1") is None


async def test_a_full_worker_leaves_the_job_to_others(record: Record, rooms: RoomBook) -> None:
    assert (await asked("salle", record, rooms, running=2)).terminate is False


async def test_a_database_that_hangs_leaves_the_job_to_others(
    record: Record, rooms: RoomBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(rooms, "get", hang)
    monkeypatch.setattr("agent.dispatch.ANSWER_SEC", 0.01)
    assert (await asked("salle", record, rooms)).terminate is False
