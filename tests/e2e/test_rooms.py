"""The rooms service as a process, beside LiveKit's own server: what only the real one can show."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from livekit import api, rtc
from livekit.rtc.participant import PublishTrackError

from greffier.ports import free_port
from storage.database import Database
from storage.line import MeetingState
from storage.record import Record
from tests.e2e.stack import LiveKit, Person, greffier_process, livekit_server, until, wait_http

pytestmark = pytest.mark.slow

ADMIN = "the-admin-key-of-the-tests"


class Rooms:
    """A running rooms service and its LiveKit."""

    def __init__(self, livekit: LiveKit, url: str, database_url: str) -> None:
        self.livekit, self.url, self.database_url = livekit, url, database_url

    async def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers) as client:
            answer = await client.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def dispatches(self, room: str) -> list[api.AgentDispatch]:
        async with self.livekit.api() as lk:
            found = await lk.agent_dispatch.list_dispatch(room)
        return [one for one in found if one.agent_name == "greffier"]

    async def metadata(self, room: str) -> dict[str, Any]:
        async with self.livekit.api() as lk:
            found = await lk.room.list_rooms(api.ListRoomsRequest(names=[room]))
        return dict(json.loads(found.rooms[0].metadata or "{}"))


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    """Looks by itself once a minute only: what comes sooner came by LiveKit's webhook."""
    folder: Path = tmp_path_factory.mktemp("rooms")
    url = f"http://127.0.0.1:{free_port(0)}"
    database_url = f"sqlite+aiosqlite:///{folder / 'greffier.db'}"
    with livekit_server(webhook=f"{url}/livekit/webhook") as livekit:
        env = livekit.env() | {
            "GREFFIER_ROOMS__PORT": url.rpartition(":")[2],
            "GREFFIER_ROOMS__API_KEY": ADMIN,
            "GREFFIER_ROOMS__RECONCILE_EVERY_SEC": "60",
            "GREFFIER_ROOMS__EMPTY_GRACE_SEC": "1",
            "GREFFIER_STORAGE__DATABASE_URL": database_url,
            "GREFFIER_STORAGE__RESULTS": str(folder / "meetings"),
        }
        with greffier_process("serve", env) as process:
            wait_http(f"{url}/ready", process=process)
            yield Rooms(livekit, url, database_url)


@pytest.fixture
async def record(rooms: Rooms) -> AsyncIterator[Record]:
    database = Database(rooms.database_url)
    yield Record(database)
    await database.close()


@asynccontextmanager
async def joined(token: dict[str, Any]) -> AsyncIterator[rtc.Room]:
    room = rtc.Room()
    await room.connect(token["server_url"], token["participant_token"])
    try:
        yield room
    finally:
        await room.disconnect()


async def test_a_person_who_joins_brings_a_dispatch_and_who_leaves_last_ends_the_meeting(
    rooms: Rooms, record: Record
) -> None:
    await rooms.post("/api/rooms", {"name": "salle"})
    async with Person(rooms.livekit, "salle", "elise"):
        found = await until(
            lambda: rooms.dispatches("salle"), timeout_sec=10, what="a dispatch by webhook"
        )
        assert len(found) == 1
        meeting = await record.open_meeting(room="salle", title="x", language="fr")
        assert await record.take_lease(meeting.id, holder="job", ttl_sec=600)

    async def ended() -> bool:
        now = await record.meeting(meeting.id)
        return now is not None and now.state is MeetingState.ENDED

    await until(ended, timeout_sec=15, what="the end of the empty room's meeting")


async def test_a_dispatch_that_nobody_took_is_repeated_and_none_pile_up(rooms: Rooms) -> None:
    token = await rooms.post("/api/token", {"room_name": "repeated"})
    async with joined(token):
        first = (await until(lambda: rooms.dispatches("repeated"), timeout_sec=10))[0].id

        async def replaced() -> bool:
            return [one.id for one in await rooms.dispatches("repeated")] not in ([first], [])

        await until(replaced, timeout_sec=15, what="a second dispatch")
        assert len(await rooms.dispatches("repeated")) == 1


async def test_stop_is_written_into_the_room_beside_what_others_wrote(
    rooms: Rooms, record: Record
) -> None:
    token = await rooms.post("/api/token", {"room_name": "stopped"})
    async with joined(token):
        async with rooms.livekit.api() as lk:
            request = api.UpdateRoomMetadataRequest(room="stopped", metadata='{"theirs": 1}')
            await lk.room.update_room_metadata(request)
        meeting = await record.open_meeting(room="stopped", title="x", language="fr")
        await rooms.post("/api/rooms/stopped/transcription/stop")
        metadata = await rooms.metadata("stopped")
        assert metadata["theirs"] == 1
        assert metadata["greffier"]["transcription"] == "off"
        ended = await record.meeting(meeting.id)
        assert ended is not None
        assert ended.state is MeetingState.ENDED


async def _publish(room: rtc.Room, kind: str) -> None:
    """Publish a track as the SDK does; raises when the server refuses."""
    options = rtc.TrackPublishOptions()
    track: rtc.LocalAudioTrack | rtc.LocalVideoTrack
    if kind == "microphone":
        options.source = rtc.TrackSource.SOURCE_MICROPHONE
        track = rtc.LocalAudioTrack.create_audio_track("m", rtc.AudioSource(48_000, 1))
    else:
        options.source = rtc.TrackSource.SOURCE_CAMERA
        track = rtc.LocalVideoTrack.create_video_track("c", rtc.VideoSource(64, 64))
    await asyncio.wait_for(room.local_participant.publish_track(track, options), 8)


async def test_a_speaker_publishes_a_microphone_and_nothing_else(rooms: Rooms) -> None:
    token = await rooms.post("/api/token", {"room_name": "grants"})
    async with joined(token) as room:
        await _publish(room, "microphone")
        with pytest.raises((PublishTrackError, TimeoutError)):
            await _publish(room, "camera")


async def test_a_reader_cannot_publish_and_cannot_rename_themselves(rooms: Rooms) -> None:
    token = await rooms.post(
        "/api/token", {"room_name": "grants", "mode": "read", "participant_name": "Reader"}
    )
    async with joined(token) as room:
        with pytest.raises((PublishTrackError, TimeoutError)):
            await _publish(room, "microphone")
        with suppress(Exception):  # refused with an error or in silence: the server's word counts
            await asyncio.wait_for(room.local_participant.set_name("The mayor"), 5)
        async with rooms.livekit.api() as lk:
            found = await lk.room.list_participants(api.ListParticipantsRequest(room="grants"))
        me = next(p for p in found.participants if p.identity == token["participant_identity"])
        assert me.name == "Reader"
        assert not me.tracks


async def test_wrong_keys_are_said_by_ready(rooms: Rooms, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port(0)}"
    env = rooms.livekit.env() | {
        "LIVEKIT_API_SECRET": "another-secret-that-the-server-does-not-know",
        "GREFFIER_ROOMS__PORT": url.rpartition(":")[2],
        "GREFFIER_STORAGE__DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'x.db'}",
    }
    with greffier_process("serve", env) as process:
        await asyncio.to_thread(wait_http, f"{url}/health", process=process)
        async with httpx.AsyncClient() as client:
            ready = await client.get(f"{url}/ready")
        assert ready.status_code == 503
        assert "refuses our key" in ready.json()["detail"]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"LIVEKIT_API_KEY": ""}, "LIVEKIT_API_KEY"),
        ({}, "is in use"),
    ],
)
async def test_what_keeps_the_service_from_starting_is_said_in_a_line(
    rooms: Rooms, tmp_path: Path, env: dict[str, str], said: str
) -> None:
    settings = rooms.livekit.env() | {
        "GREFFIER_ROOMS__PORT": rooms.url.rpartition(":")[2],
        "GREFFIER_STORAGE__DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'x.db'}",
    }
    with greffier_process("serve", settings | env) as process:
        assert await asyncio.to_thread(process.wait) != 0
        assert said in process.log()
        assert "Traceback" not in process.log()
