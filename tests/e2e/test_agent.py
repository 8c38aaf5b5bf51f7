"""The agent in a real room: LiveKit's server, a worker process and the recognition process."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from livekit import api

from storage.database import Database, migrate
from storage.line import Line, Meeting, MeetingState
from storage.record import Record
from tests.e2e.stack import (
    LiveKit,
    Person,
    RunningProcess,
    asr_process,
    busy_cores,
    greffier_process,
    spoken,
    until,
)

pytestmark = pytest.mark.slow

AGENT = "multi-user-transcriber"
"""Visio's name for its captions agent: these rooms are rooms that Greffier did not make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A registered worker and the record it writes."""

    process: RunningProcess
    record: Record


@contextlib.asynccontextmanager
async def working(
    livekit: LiveKit, asr_url: str, folder: Path, **settings: str
) -> AsyncIterator[Worker]:
    """A worker with a database of its own."""
    url = f"sqlite+aiosqlite:///{folder / 'greffier.db'}"
    await asyncio.to_thread(migrate, url)
    env = livekit.env() | {
        "GREFFIER_AGENT__NAME": AGENT,
        "GREFFIER_AGENT__HEALTH_PORT": "0",
        "GREFFIER_AGENT__DRAIN_SEC": "0",
        "GREFFIER_ASR__URL": asr_url,
        "GREFFIER_STORAGE__DATABASE_URL": url,
    }
    database = Database(url)
    try:
        with greffier_process("worker", env | settings) as process:
            await until(
                lambda: "registered as" in process.log() or process.process.poll() is not None,
                timeout_sec=90,
                what="the worker's registration",
            )
            yield Worker(process=process, record=Record(database))
    finally:
        await database.close()


@pytest.fixture
async def worker(livekit: LiveKit, asr_url: str, tmp_path: Path) -> AsyncIterator[Worker]:
    async with working(livekit, asr_url, tmp_path) as worker:
        yield worker


@pytest.fixture
def room() -> Iterator[str]:
    return str(uuid.uuid4())


async def dispatch(livekit: LiveKit, room: str) -> None:
    """As Visio does: the agent's name and the room, no metadata."""
    async with livekit.api() as lkapi:
        request = api.CreateAgentDispatchRequest(agent_name=AGENT, room=room)
        await lkapi.agent_dispatch.create_dispatch(request)


async def begun(worker: Worker, room: str) -> Meeting:
    """The meeting, once its people have been told."""

    async def told() -> Meeting | None:
        meeting = await worker.record.live_meeting(room)
        return meeting if meeting is not None and meeting.notice_at is not None else None

    return await until(told, timeout_sec=60, what="the notice")


async def recorded(worker: Worker, meeting: Meeting, count: int) -> list[Line]:
    """The lines, once there are `count` of them."""

    async def enough() -> list[Line]:
        lines = await worker.record.lines(meeting.id)
        return lines if len(lines) >= count else []

    return await until(enough, timeout_sec=60, what=f"{count} lines in the record")


async def test_captions_in_a_room_of_another_product(
    livekit: LiveKit, worker: Worker, room: str
) -> None:
    """Under the right speaker, as text stream and as legacy packet, from an agent nobody sees."""
    async with (
        Person(livekit, room, "claire", name="Claire Martin") as claire,
        Person(livekit, room, "thomas", name="Thomas Bernard") as thomas,
    ):
        await dispatch(livekit, room)
        meeting = await begun(worker, room)
        await until(lambda: thomas.data, what="the notice to Thomas")
        assert (b'{"type": "transcriptionStarted"}') in [data for _, data in thomas.data]

        sid = await claire.open_microphone()
        await claire.be_silent(0.5)
        await claire.say(spoken("fr"))
        await claire.be_silent(1.0)
        lines = await recorded(worker, meeting, 1)
        await until(lambda: len(thomas.finals("claire")) >= len(lines), what="the finals")

        assert {line.identity for line in lines} == {"claire"}
        assert {line.name for line in lines} == {"Claire Martin"}
        shown = {s.attributes["greffier.seq"]: s.text for s in thomas.finals()}
        assert shown == {str(line.seq): line.text for line in lines}
        final = thomas.finals()[0]
        assert final.sender == "claire"
        assert final.attributes["greffier.speaker"] == "claire"
        assert final.attributes["lk.transcribed_track_id"] == sid
        assert [s for s in thomas.streams if not s.final], "no partial came"
        await until(
            lambda: (
                " ".join(p.text for p in thomas.packets).split()[-1:] == lines[-1].text.split()[-1:]
            ),
            what="the packets",
        )
        assert {p.identity for p in thomas.packets} == {"claire"}
        assert all(p.final for p in thomas.packets)
        assert len({p.id for p in thomas.packets}) == len(thomas.packets)
        assert set(thomas.room.remote_participants) == {"claire"}
        assert set(claire.room.remote_participants) == {"thomas"}
        async with livekit.api() as lkapi:
            listed = await lkapi.room.list_participants(api.ListParticipantsRequest(room=room))
            info = await lkapi.room.list_rooms(api.ListRoomsRequest(names=[room]))
        assert {p.identity: p.permission.hidden for p in listed.participants} == {
            "claire": False,
            "thomas": False,
            f"greffier-{room}": True,
        }
        assert info.rooms[0].metadata == ""

        async with Person(livekit, room, "late") as late:
            await until(lambda: late.data, what="the notice to one who joins late")

    async with livekit.api() as lkapi:
        await lkapi.room.delete_room(api.DeleteRoomRequest(room=room))

    async def over() -> bool:
        now = await worker.record.meeting(meeting.id)
        return now is not None and now.state is MeetingState.ENDED and now.holder is None

    await until(over, what="the end of the meeting")


async def test_a_second_dispatch_changes_nothing(
    livekit: LiveKit, worker: Worker, room: str
) -> None:
    """Each person who opens captions makes a dispatch: one agent stays, one set of captions."""
    async with Person(livekit, room, "claire") as claire, Person(livekit, room, "thomas") as thomas:
        await dispatch(livekit, room)
        await dispatch(livekit, room)
        meeting = await begun(worker, room)
        await dispatch(livekit, room)
        await until(
            lambda: worker.process.log().count("captioned already") == 2, what="the refusals"
        )
        await claire.open_microphone()
        await claire.be_silent(0.5)
        await claire.say(spoken("fr"))
        await claire.be_silent(1.0)
        lines = await recorded(worker, meeting, 1)
        await until(lambda: len(thomas.finals()) >= len(lines), what="the finals")
        ids = [s.attributes["lk.segment_id"] for s in thomas.finals()]
        assert len(ids) == len(set(ids))


async def test_a_busy_machine_still_gets_its_job(
    livekit: LiveKit, asr_url: str, tmp_path: Path, room: str
) -> None:
    """The load trap: a job offered while the CPU is full would be lost for ever."""
    async with working(livekit, asr_url, tmp_path) as worker, Person(livekit, room, "claire"):
        with busy_cores():
            # As long as the SDK's own measure looks back, and the worker's report takes.
            busy = await asyncio.to_thread(psutil.cpu_percent, 6.0)
            assert busy > 90
            await dispatch(livekit, room)
            await begun(worker, room)


async def test_sigterm_in_mid_utterance_loses_nothing(
    livekit: LiveKit, worker: Worker, room: str
) -> None:
    """What was said before the signal is committed, and the lease is free for a successor."""
    async with Person(livekit, room, "claire") as claire:
        await dispatch(livekit, room)
        meeting = await begun(worker, room)
        await claire.open_microphone()
        await claire.be_silent(0.5)
        speech = spoken("en")
        await claire.say(speech[: len(speech) // 3])
        worker.process.terminate()
        assert worker.process.wait() == 0
        lines = await worker.record.lines(meeting.id)
        assert lines
        assert lines[-1].text
        now = await worker.record.meeting(meeting.id)
        assert now is not None
        assert (now.state, now.holder) == (MeetingState.LIVE, None)


async def test_kill_of_the_recognition_process_loses_nothing(
    livekit: LiveKit, tmp_path: Path, room: str
) -> None:
    """Said while it is away, recognised when it is back: no gap, in order."""
    url = f"unix:{tmp_path / 'asr.sock'}"
    with contextlib.ExitStack() as processes:
        first = processes.enter_context(asr_process(url))
        async with working(livekit, url, tmp_path) as worker:
            async with Person(livekit, room, "claire") as claire:
                await dispatch(livekit, room)
                meeting = await begun(worker, room)
                await claire.open_microphone()
                await claire.be_silent(0.5)
                await claire.say(spoken("fr"))
                first.kill()
                await claire.say(spoken("en"))
                await claire.be_silent(1.0)
                before = len(await worker.record.lines(meeting.id))
                processes.enter_context(asr_process(url))
                lines = await recorded(worker, meeting, before + 1)
                await claire.be_silent(0.2)
            assert all(line.reason is None for line in lines)
            starts = [line.start_ms for line in lines]
            assert starts == sorted(starts)
            assert lines[-1].end_ms > 7_000
