"""People are told: by metadata in rooms of our own, by a packet each in other rooms."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from livekit import rtc

from agent.room_notice import ForeignRoomNotice, OwnRoomNotice, merged

SINCE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ACTIVE = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
JOINING = rtc.ParticipantState.PARTICIPANT_STATE_JOINING


class FakeRoomService:
    """LiveKit's room service, as far as metadata goes."""

    def __init__(self, metadata: str = "", *, exists: bool = True) -> None:
        self.metadata = metadata
        self.exists = exists
        self.writes = 0
        self.room = self

    async def list_rooms(self, request):
        rooms = [SimpleNamespace(metadata=self.metadata)] if self.exists else []
        return SimpleNamespace(rooms=rooms)

    async def update_room_metadata(self, request):
        self.metadata = request.metadata
        self.writes += 1


class FakeRoom:
    """A room whose local participant keeps what it sends."""

    def __init__(self, **states) -> None:
        self.remote_participants = {
            name: SimpleNamespace(identity=name, state=state) for name, state in states.items()
        }
        self.sent: list[tuple[dict, list[str] | None]] = []
        self.fails = False
        self.local_participant = self

    async def publish_data(self, payload, *, reliable, destination_identities=None):
        assert reliable
        if self.fails:
            raise ConnectionError
        self.sent.append((json.loads(payload), destination_identities))


def own(service: FakeRoomService) -> OwnRoomNotice:
    return OwnRoomNotice(service, room="r", meeting_id="m", since=SINCE)


async def test_metadata_says_on_and_off_and_keeps_what_others_wrote() -> None:
    service = FakeRoomService('{"theme": "blue"}')
    await own(service).give()
    assert json.loads(service.metadata) == {
        "theme": "blue",
        "greffier": {"transcription": "on", "meeting": "m", "since": "2026-01-02T03:04:05+00:00"},
    }
    await own(service).withdraw()
    written = json.loads(service.metadata)
    assert written["theme"] == "blue"
    assert written["greffier"]["transcription"] == "off"


async def test_a_room_that_is_gone_is_not_made_again() -> None:
    service = FakeRoomService(exists=False)
    await own(service).withdraw()
    assert service.writes == 0
    with pytest.raises(LookupError):
        await own(service).give()


@pytest.mark.parametrize("metadata", ["", "not json", "[1]", '"text"'])
def test_metadata_that_is_no_object_gives_way(metadata: str) -> None:
    assert set(json.loads(merged(metadata, state="on", meeting_id="m", since=SINCE))) == {
        "greffier"
    }


async def test_each_person_of_a_foreign_room_is_told_once() -> None:
    room = FakeRoom(claire=ACTIVE, thomas=JOINING)
    notice = ForeignRoomNotice(room)
    await notice.give()
    await notice.tell("thomas")
    await notice.tell("claire")
    started = {"type": "transcriptionStarted"}
    assert room.sent == [(started, ["claire"]), (started, ["thomas"])]


async def test_who_comes_back_is_told_again() -> None:
    room = FakeRoom(claire=ACTIVE)
    notice = ForeignRoomNotice(room)
    await notice.give()
    notice.left("claire")
    await notice.tell("claire")
    assert len(room.sent) == 2


async def test_a_notice_that_did_not_go_out_is_an_error_and_is_tried_again() -> None:
    room = FakeRoom(claire=ACTIVE)
    notice = ForeignRoomNotice(room)
    room.fails = True
    with pytest.raises(ConnectionError):
        await notice.give()
    room.fails = False
    await notice.tell("claire")
    assert len(room.sent) == 1


async def test_the_end_is_told_too() -> None:
    room = FakeRoom()
    await ForeignRoomNotice(room).withdraw()
    assert room.sent == [({"type": "transcriptionStopped"}, None)]


async def test_off_the_record_is_said_as_off_where_nothing_else_is_understood() -> None:
    """In a room of another product; who joins meanwhile is not told that it is on."""
    room = FakeRoom(claire=ACTIVE)
    notice = ForeignRoomNotice(room)
    await notice.give()
    await notice.pause()
    await notice.tell("thomas")
    assert [one[0]["type"] for one in room.sent] == [
        "transcriptionStarted",
        "transcriptionStopped",
    ]
    await notice.give()
    assert len(room.sent) == 3


async def test_off_the_record_is_in_our_rooms_metadata() -> None:
    service = FakeRoomService("{}")
    await own(service).pause()
    assert json.loads(service.metadata)["greffier"]["transcription"] == "paused"
