"""The agent in a real room: LiveKit's server, a worker process and the recognition process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from livekit import api, rtc
from pydantic import SecretStr

from agent.room_display import LiveKitDisplay
from pipelines.events import DroppedCaption, Gap, GapCaption, GapReason, Speaker
from rooms.livekit_api import LiveKitControl
from rooms.settings import LiveKitSettings
from storage.choice import Choice
from storage.database import Database, migrate
from storage.line import Line, Meeting, MeetingState, Room
from storage.record import Record
from storage.rooms import RoomBook
from tests.e2e.stack import (
    CaptionStream,
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
OTHER_AGENT = "greffier"
"""Of workers that a test may end: under one name, workers share the jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A registered worker and the record it writes."""

    process: RunningProcess
    record: Record
    rooms: RoomBook


@contextlib.contextmanager
def worker_process(
    livekit: LiveKit, asr_url: str, folder: Path, *, name: str = OTHER_AGENT
) -> Iterator[tuple[RunningProcess, str]]:
    """A registered worker, and the URL of its database."""
    url = f"sqlite+aiosqlite:///{folder / 'greffier.db'}"
    migrate(url)
    env = livekit.env() | {
        "GREFFIER_AGENT__NAME": name,
        "GREFFIER_AGENT__HEALTH_PORT": "0",
        "GREFFIER_AGENT__DRAIN_SEC": "0",
        "GREFFIER_ASR__URL": asr_url,
        "GREFFIER_STORAGE__DATABASE_URL": url,
    }
    with greffier_process("worker", env) as process:
        process.wait_log("registered as", timeout_sec=90)
        yield process, url


@contextlib.asynccontextmanager
async def opened(process: RunningProcess, url: str) -> AsyncIterator[Worker]:
    """The worker with its record, in this test's event loop."""
    database = Database(url)
    try:
        yield Worker(process=process, record=Record(database), rooms=RoomBook(database))
    finally:
        await database.close()


@pytest.fixture(scope="module")
def shared(
    livekit: LiveKit, asr_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningProcess, str]]:
    with worker_process(livekit, asr_url, tmp_path_factory.mktemp("worker"), name=AGENT) as both:
        yield both


@pytest.fixture
async def worker(shared: tuple[RunningProcess, str]) -> AsyncIterator[Worker]:
    """The worker that several tests share."""
    async with opened(*shared) as worker:
        yield worker


@pytest.fixture
def own_process(
    livekit: LiveKit, asr_url: str, tmp_path: Path
) -> Iterator[tuple[RunningProcess, str]]:
    with worker_process(livekit, asr_url, tmp_path) as both:
        yield both


@pytest.fixture
async def own_worker(own_process: tuple[RunningProcess, str]) -> AsyncIterator[Worker]:
    """A worker that the test may end."""
    async with opened(*own_process) as worker:
        yield worker


@pytest.fixture
def room() -> str:
    return str(uuid.uuid4())


async def dispatch(livekit: LiveKit, room: str, name: str = AGENT) -> None:
    """As Visio does: the agent's name and the room, no metadata."""
    async with livekit.api() as lkapi:
        request = api.CreateAgentDispatchRequest(agent_name=name, room=room)
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

    await until(_released(worker, meeting), what="the end of the meeting")


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
            lambda: worker.process.log().count(f"{room}: captioned already") == 2,
            what="the refusals",
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
    livekit: LiveKit, worker: Worker, room: str
) -> None:
    """The load trap: a job offered while the CPU is full would be lost for ever."""
    async with Person(livekit, room, "claire"):
        with busy_cores():
            # As long as the SDK's own measure looks back, and the worker's report takes.
            busy = await asyncio.to_thread(psutil.cpu_percent, 6.0)
            assert busy > 90
            await dispatch(livekit, room)
            await begun(worker, room)


async def test_a_room_of_our_own_is_told_by_metadata_and_stopped_by_the_record(
    livekit: LiveKit, worker: Worker, room: str
) -> None:
    """Stop ends the meeting first: what was said until then still comes, then the lease is free."""
    await worker.rooms.create(
        Room(name=room, title="Budget", language="fr", organisers=(), transcribe=True)
    )
    async with Person(livekit, room, "claire", name="Claire Martin") as claire:
        await dispatch(livekit, room)
        meeting = await begun(worker, room)
        assert meeting.title == "Budget"
        await until(lambda: "greffier" in claire.room.metadata, what="the metadata")
        assert json.loads(claire.room.metadata)["greffier"] == {
            "transcription": "on",
            "meeting": meeting.id,
            "since": meeting.started_at.isoformat(timespec="seconds"),
        }
        await claire.open_microphone()
        await claire.be_silent(0.5)
        await claire.say(spoken("fr"))
        await worker.record.end_meeting(meeting.id)

        await until(lambda: '"off"' in claire.room.metadata, what="the notice of the end")
        await until(_released(worker, meeting), what="the lease")
        lines = await worker.record.lines(meeting.id)
        assert lines[-1].end_ms > lines[0].start_ms
        assert claire.data == []
        assert await worker.record.participants(meeting.id) == {"claire": "Claire Martin"}


async def test_mute_republish_and_reconnect_keep_what_was_said(
    livekit: LiveKit, worker: Worker, room: str
) -> None:
    """Each interruption ends the utterance; what comes after is placed later."""
    async with Person(livekit, room, "claire") as claire:
        await dispatch(livekit, room)
        meeting = await begun(worker, room)
        await claire.open_microphone()
        await claire.be_silent(0.3)
        speech = spoken("fr")
        first = speech[: 48_000 * 2]
        await claire.say(first)
        assert claire.publication is not None
        claire.publication.track.mute()
        muted = await recorded(worker, meeting, 1)
        # Long enough for the worker to give the stream back and to need a new one.
        await claire.be_silent(2.0)
        claire.publication.track.unmute()
        await claire.say(first)
        await claire.room.local_participant.unpublish_track(claire.publication.sid)
        again = await recorded(worker, meeting, len(muted) + 1)
        await claire.open_microphone()
        await claire.be_silent(0.3)
        await claire.say(first)
        await claire.be_silent(1.0)
        republished = await recorded(worker, meeting, len(again) + 1)
        await claire.room.simulate_scenario(rtc.SimulateScenarioKind.SIMULATE_FULL_RECONNECT)
        await claire.be_silent(3.0)
        await claire.say(first)
        await claire.be_silent(1.0)
        lines = await recorded(worker, meeting, len(republished) + 1)
        starts = [line.start_ms for line in lines]
        assert starts == sorted(starts)
        assert all(line.reason is None for line in lines)


async def test_sigterm_in_mid_utterance_loses_nothing(
    livekit: LiveKit, own_worker: Worker, room: str
) -> None:
    """What was said before the signal is committed, and the lease is free for a successor."""
    worker = own_worker
    async with Person(livekit, room, "claire") as claire:
        await dispatch(livekit, room, OTHER_AGENT)
        meeting = await begun(worker, room)
        await claire.open_microphone()
        await claire.be_silent(0.5)
        speech = spoken("en")
        await claire.say(speech[: len(speech) // 3])
        worker.process.terminate()
        assert await asyncio.to_thread(worker.process.wait) == 0
        lines = await worker.record.lines(meeting.id)
        assert lines
        assert lines[-1].text
        now = await worker.record.meeting(meeting.id)
        assert now is not None
        assert (now.state, now.holder) == (MeetingState.LIVE, None)


@pytest.fixture
def mortal_asr(tmp_path: Path) -> Iterator[tuple[str, Callable[[], RunningProcess]]]:
    """The address of a recognition process, and how to start one there."""
    url = f"unix:{tmp_path / 'asr.sock'}"
    with contextlib.ExitStack() as processes:
        yield url, lambda: processes.enter_context(asr_process(url))


async def test_kill_of_the_recognition_process_loses_nothing(
    livekit: LiveKit,
    mortal_asr: tuple[str, Callable[[], RunningProcess]],
    tmp_path: Path,
    room: str,
) -> None:
    """Said while it is away, recognised when it is back: no gap, in order."""
    url, start = mortal_asr
    first = await asyncio.to_thread(start)
    context = worker_process(livekit, url, tmp_path)
    process, database_url = await asyncio.to_thread(context.__enter__)
    try:
        async with (
            opened(process, database_url) as worker,
            Person(livekit, room, "claire") as claire,
        ):
            await dispatch(livekit, room, OTHER_AGENT)
            meeting = await begun(worker, room)
            await claire.open_microphone()
            await claire.be_silent(0.5)
            await claire.say(spoken("fr"))
            first.kill()
            await claire.say(spoken("en"))
            await claire.be_silent(1.0)
            before = len(await worker.record.lines(meeting.id))
            await asyncio.to_thread(start)
            lines = await recorded(worker, meeting, before + 1)
            await claire.be_silent(0.2)
        assert all(line.reason is None for line in lines)
        starts = [line.start_ms for line in lines]
        assert starts == sorted(starts)
        assert lines[-1].end_ms > 7_000
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


def test_keys_that_are_refused_are_one_line(livekit: LiveKit, tmp_path: Path) -> None:
    env = livekit.env() | {
        "LIVEKIT_API_SECRET": "another-secret-of-at-least-32-characters",
        "GREFFIER_STORAGE__DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'g.db'}",
    }
    with greffier_process("worker", env) as process:
        assert process.wait() == 1
        said = process.log().strip().splitlines()[-1]
    assert "refuses the keys" in said
    assert "LIVEKIT_API_SECRET" in said
    assert "Traceback" not in process.last_log


def test_a_health_port_that_is_taken_is_one_line(livekit: LiveKit, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        env = livekit.env() | {
            "GREFFIER_AGENT__HEALTH_PORT": str(taken.getsockname()[1]),
            "GREFFIER_STORAGE__DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'g.db'}",
        }
        with greffier_process("worker", env) as process:
            assert process.wait() == 1
            said = process.log()
    assert "GREFFIER_AGENT__HEALTH_PORT" in said.strip().splitlines()[-1]
    assert "Traceback" not in said


async def test_gaps_and_withdrawals_reach_the_screens(livekit: LiveKit, room: str) -> None:
    """Streams without text arrive too, from a sender nobody sees."""
    agent = rtc.Room()
    grants = api.VideoGrants(room_join=True, room=room, hidden=True, agent=True)
    token = api.AccessToken(livekit.key, livekit.secret).with_identity("hidden")
    token = token.with_kind("agent").with_grants(grants)
    async with Person(livekit, room, "claire") as claire:
        await agent.connect(livekit.url, token.to_jwt())
        display = LiveKitDisplay(agent.local_participant, "append", "fr")
        speaker = Speaker(identity="claire", name="Claire", track_sid="TR_1")
        gap = Gap(id="g", speaker=speaker, start_ms=1, end_ms=2, reason=GapReason.OUTAGE)
        await display.show(GapCaption(seq=3, gap=gap))
        await display.show(DroppedCaption(utterance_id="u", speaker=speaker))
        await until(lambda: len(claire.streams) == 2, what="both streams")
        await agent.disconnect()
    by_id = {s.attributes["lk.segment_id"]: s for s in claire.streams}
    assert by_id["g"].attributes["greffier.gap"] == "outage"
    assert by_id["u"].attributes["greffier.dropped"] == "true"
    told = "[1\u00a0s non transcrite\u00a0: service en panne]"
    assert (by_id["g"].text, by_id["u"].text) == (told, "")
    await until(lambda: claire.packets, what="the packet")
    assert [p.text for p in claire.packets] == [told]
    assert {s.sender for s in claire.streams} == {"claire"}


def _released(worker: Worker, meeting: Meeting) -> Callable[[], Awaitable[bool]]:
    async def released() -> bool:
        now = await worker.record.meeting(meeting.id)
        return now is not None and now.state is MeetingState.ENDED and now.holder is None

    return released


async def test_what_people_chose_is_done_and_told(
    livekit: LiveKit, worker: Worker, room: str
) -> None:
    """Opted out, then off the record, then heard in the language that was set by hand."""
    settings = LiveKitSettings(
        url=livekit.url, api_key=livekit.key, api_secret=SecretStr(livekit.secret)
    )
    async with (
        contextlib.aclosing(LiveKitControl(settings, AGENT)) as control,
        Person(livekit, room, "claire", name="Claire Martin") as claire,
    ):
        await claire.open_microphone()
        await dispatch(livekit, room)
        meeting = await begun(worker, room)

        async def choose(choice: Choice) -> None:
            assert await control.set_attributes(room, "claire", choice.attributes())

        async def silent_until_told(reason: GapReason) -> CaptionStream:
            """The gap, which ends with the first frame that is heard again."""
            for _ in range(300):
                for one in claire.streams:
                    if one.attributes.get("greffier.gap") == reason:
                        return one
                # One after the other: the SDK refuses a frame while it still takes another.
                await claire.be_silent(0.1)
            raise AssertionError(f"no gap was told: {reason}")

        await choose(Choice(opted_out=True))
        await claire.be_silent(0.3)
        await claire.say(spoken("fr"))
        await choose(Choice())
        gap = await silent_until_told(GapReason.OPTED_OUT)
        assert (
            int(gap.attributes["greffier.end_ms"]) - int(gap.attributes["greffier.start_ms"]) > 3000
        )

        await worker.record.set_off_record(meeting.id, True)
        await control.wake_agent(room)
        stopped = ("", b'{"type": "transcriptionStopped"}')
        await until(lambda: stopped in claire.data, timeout_sec=2, what="the notice of the pause")
        await claire.say(spoken("fr"))
        await worker.record.set_off_record(meeting.id, False)
        await control.wake_agent(room)
        await silent_until_told(GapReason.OFF_RECORD)
        assert all(line.reason for line in await worker.record.lines(meeting.id))

        await choose(Choice(language="en"))
        await claire.be_silent(0.3)
        await claire.say(spoken("fr"))
        await claire.be_silent(1.5)
        lines = await recorded(worker, meeting, 3)
        said = [line for line in lines if line.reason is None]
        assert {line.language for line in said} == {"en"}
        assert [line.reason for line in lines if line.reason] == ["opted_out", "off_record"]
