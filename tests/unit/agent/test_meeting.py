"""One meeting from the notice to the released lease."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from livekit import rtc

from agent.audio_stream import Taken
from agent.meeting import MeetingAgent
from agent.meeting_parts import Ending, Parts
from agent.room_captions import RoomCaptions
from delivery.jobs import flushed
from models.base import Recogniser
from models.fakes import LoudnessDetector, ScriptedRecogniser, each_alone
from pipelines.events import CaptionEvent, FinalCaption, GapCaption
from pipelines.settings import CaptionSettings
from storage.line import Heartbeat, Line, Meeting, MeetingState, OpenTrack
from storage.record import Record
from tests.unit.agent.streams import frame

ACTIVE = rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE
KIND = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD

SPOKEN_FRAMES = 20
"""A second of speech."""


class FakeRoom(rtc.EventEmitter):
    """A room that one person is in, with one track that is subscribed."""

    def __init__(self) -> None:
        super().__init__()
        self.connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.track = SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO)
        self.publication = SimpleNamespace(
            sid="TR_1",
            kind=rtc.TrackKind.KIND_AUDIO,
            track=self.track,
            muted=False,
            subscribed=True,
            set_subscribed=self._subscribe,
            source=rtc.TrackSource.SOURCE_MICROPHONE,
        )
        self.claire = SimpleNamespace(
            identity="claire",
            name="Claire",
            kind=KIND,
            state=ACTIVE,
            joined_at=None,
            attributes={},
            track_publications={"TR_1": self.publication},
        )
        self.remote_participants = {"claire": self.claire}

    def isconnected(self) -> bool:
        return True

    def choose(self, **attributes: str) -> None:
        """Claire's attributes are these now."""
        self.claire.attributes = {f"greffier.{name}": value for name, value in attributes.items()}
        self.emit("participant_attributes_changed", {}, self.claire)

    def _subscribe(self, subscribed: bool) -> None:
        self.publication.subscribed = subscribed
        event = "track_subscribed" if subscribed else "track_unsubscribed"
        asyncio.get_running_loop().call_soon(
            self.emit, event, self.track, self.publication, self.claire
        )


class FakeNotice:
    """Fails as often as it is told to, and writes down the rest."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.calls: list[str] = []

    async def give(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError
        self.calls.append("give")

    async def tell(self, identity: str) -> None:
        self.calls.append(f"tell {identity}")

    def left(self, identity: str) -> None:
        self.calls.append(f"left {identity}")

    async def pause(self) -> None:
        self.calls.append("pause")

    async def withdraw(self) -> None:
        self.calls.append("withdraw")


class Screen:
    """Keeps what was shown."""

    def __init__(self) -> None:
        self.shown: list[CaptionEvent] = []

    async def show(self, caption: CaptionEvent) -> None:
        self.shown.append(caption)


class Talk:
    """A stream in which somebody talks without end."""

    opened = frames = 0
    failures: list[Exception] = []  # noqa: RUF012 - emptied by the test that fills it
    resting = False

    def take(self) -> Taken:
        if Talk.frames == SPOKEN_FRAMES and Talk.failures:
            raise Talk.failures.pop()
        Talk.frames += 1
        return Taken(frames=(frame(8000),), dropped=0, ended=False, silent=False)

    def close(self) -> None:
        pass


class Sitting:
    """A running meeting and everything around it."""

    def __init__(self, record: Record, meeting: Meeting, agent: MeetingAgent, parts: Parts) -> None:
        self.record, self.meeting, self.agent, self.parts = record, meeting, agent, parts
        self.running = asyncio.create_task(agent.run())

    async def now(self) -> Meeting:
        meeting = await self.record.meeting(self.meeting.id)
        assert meeting is not None
        return meeting

    async def talking(self) -> None:
        """Return once somebody is listened to and has said something."""
        while Talk.frames < SPOKEN_FRAMES:
            if self.running.done():
                self.running.result()
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _streams(monkeypatch: pytest.MonkeyPatch) -> None:
    Talk.opened = Talk.frames = 0

    monkeypatch.setattr("agent.listeners.TICK_SEC", 0.01)
    monkeypatch.setattr("agent.meeting.NOTICE_RETRY_SEC", 0.01)
    monkeypatch.setattr("agent.meeting.REASON_SEC", 0.01)


def open_talk(_track: object) -> Talk:
    Talk.opened += 1
    return Talk()


@contextlib.asynccontextmanager
async def sitting(
    record: Record,
    notice: FakeNotice,
    screen: Screen,
    *,
    room_exists: bool = True,
    recogniser: Recogniser | None = None,
    before: tuple[OpenTrack, ...] | None = None,
    room: FakeRoom | None = None,
) -> AsyncIterator[Sitting]:
    """`before`: what a predecessor, killed 12 s ago, heard."""
    meeting = await record.open_meeting(room="salle", title="", language="fr")
    if before is not None:
        killed = await record.take_lease(meeting.id, holder="AJ_0", ttl_sec=0)
        assert killed is not None
        heartbeat = Heartbeat(
            at=datetime.now(UTC) - timedelta(seconds=12), meeting_ms=60_000, tracks=before
        )
        await record.renew_lease(killed, ttl_sec=-1, heartbeat=heartbeat)
    lease = await record.take_lease(meeting.id, holder="AJ_1", ttl_sec=15)
    assert lease is not None

    async def exists() -> bool:
        return room_exists

    parts = Parts(
        room=room or FakeRoom(),
        record=record,
        lease=lease,
        lease_sec=0.1,
        notice=notice,
        captions=RoomCaptions(record=record, lease=lease, display=screen),
        recogniser=recogniser or ScriptedRecogniser(lambda _: "bonjour à tous et merci"),
        open_stream=open_talk,
        detector=LoudnessDetector,
        detect=each_alone,
        settings=CaptionSettings(),
        room_exists=exists,
    )
    one = Sitting(record, meeting, MeetingAgent(parts), parts)
    try:
        yield one
    finally:
        one.running.cancel()
        await asyncio.gather(one.running, return_exceptions=True)


async def test_nothing_is_heard_before_the_notice_is_out(record: Record) -> None:
    notice = FakeNotice(failures=1_000_000)
    async with sitting(record, notice, Screen()) as one:
        for _ in range(10):
            await asyncio.sleep(0.01)
        assert Talk.opened == 0
        assert (await one.now()).notice_at is None
        notice.failures = 0
        await one.talking()
        assert (await one.now()).notice_at is not None
        assert notice.calls[0] == "give"


async def test_a_drain_brings_the_open_utterance_to_its_end_and_hands_over(record: Record) -> None:
    screen, notice = Screen(), FakeNotice()
    async with sitting(record, notice, screen) as one:
        await one.talking()
        one.agent.stop()
        assert await one.running is Ending.STOPPED
        lines = await record.lines(one.meeting.id)
        assert lines[-1].text == "bonjour à tous et merci"
        assert [c.seq for c in screen.shown if isinstance(c, FinalCaption)] == [
            line.seq for line in lines
        ]
        now = await one.now()
        assert (now.state, now.holder) == (MeetingState.LIVE, None)
        assert "withdraw" not in notice.calls


async def test_a_meeting_ended_by_the_record_is_flushed_and_the_notice_withdrawn(
    record: Record,
) -> None:
    notice = FakeNotice()
    async with sitting(record, notice, Screen()) as one:
        await one.talking()
        await record.end_meeting(one.meeting.id)
        assert await one.running is Ending.ENDED
        assert await record.lines(one.meeting.id)
        assert (await one.now()).holder is None
        assert notice.calls[-1] == "withdraw"


async def test_the_minutes_wait_for_the_last_final_of_an_ended_meeting(record: Record) -> None:
    recogniser = ScriptedRecogniser(lambda _: "bonjour à tous et merci")
    async with sitting(record, FakeNotice(), Screen(), recogniser=recogniser) as one:
        await one.talking()
        recogniser.hold()
        await record.end_meeting(one.meeting.id)
        ended = await one.now()
        assert ended.lease_until is not None
        # The lease of 0.1 s is renewed past its end, for as long as the recognition takes.
        while (now := await one.now()).lease_until == ended.lease_until:
            await asyncio.sleep(0.01)
        assert not flushed(now, ended.lease_until)
        assert not await record.lines(one.meeting.id)
        recogniser.release()
        assert await one.running is Ending.ENDED
        assert await record.lines(one.meeting.id)
        now = await one.now()
        assert flushed(now, now.started_at)


async def test_who_was_overtaken_writes_nothing_and_ends_nothing(record: Record) -> None:
    notice, screen = FakeNotice(), Screen()
    async with sitting(record, notice, screen) as one:
        await one.talking()
        await record.release_lease(one.parts.lease)
        successor = await record.take_lease(one.meeting.id, holder="AJ_2", ttl_sec=15)
        assert successor is not None
        assert await one.running is Ending.LEASE_LOST
        now = await one.now()
        assert (now.state, now.holder) == (MeetingState.LIVE, "AJ_2")
        assert "withdraw" not in notice.calls


@pytest.mark.parametrize("reason", [rtc.DisconnectReason.ROOM_DELETED, None])
async def test_a_room_that_is_gone_ends_the_meeting(
    record: Record, reason: rtc.DisconnectReason.ValueType | None
) -> None:
    """Whether LiveKit says so, or only no longer has it."""
    async with sitting(record, FakeNotice(), Screen(), room_exists=reason is not None) as one:
        await one.talking()
        if reason is None:
            one.agent.stop()
        else:
            one.parts.room.emit("disconnected", reason)
        assert await one.running is Ending.ROOM_CLOSED
        now = await one.now()
        assert (now.state, now.holder) == (MeetingState.ENDED, None)


async def test_newcomers_are_noted_and_told_and_a_lost_connection_is_no_end(record: Record) -> None:
    notice = FakeNotice()
    async with sitting(record, notice, Screen()) as one:
        await one.talking()
        thomas = SimpleNamespace(identity="thomas", name="", kind=KIND, state=ACTIVE)
        one.parts.room.emit("participant_active", thomas)
        one.parts.room.emit("disconnected", rtc.DisconnectReason.SIGNAL_CLOSE)
        await one.running
        assert await record.participants(one.meeting.id) == {"claire": "Claire", "thomas": "thomas"}
        assert "tell thomas" in notice.calls
        assert (await one.now()).state is MeetingState.LIVE


async def test_a_track_subscribed_again_is_listened_to_anew(record: Record) -> None:
    async with sitting(record, FakeNotice(), Screen()) as one:
        await one.talking()
        room = one.parts.room
        room.emit("track_subscribed", room.track, room.publication, room.claire)
        while not await record.lines(one.meeting.id):
            await asyncio.sleep(0.01)
        assert Talk.opened == 2


def heard_before(sid: str, identity: str = "claire", settled_ms: int = 58_000) -> OpenTrack:
    return OpenTrack(identity=identity, name=identity.title(), track_sid=sid, settled_ms=settled_ms)


async def gaps(one: Sitting, count: int) -> list[Line]:
    while True:
        lines = [line for line in await one.record.lines(one.meeting.id) if line.reason]
        if len(lines) >= count:
            return lines
        await asyncio.sleep(0.01)


async def test_what_a_killed_predecessor_left_is_a_gap_of_each_open_track(record: Record) -> None:
    """From where it was settled to our first frame, or to our coming where the track is gone."""
    screen = Screen()
    before = (heard_before("TR_1"), heard_before("TR_9", "thomas", 59_500))
    async with sitting(record, FakeNotice(), screen, before=before) as one:
        found = {line.track_sid: line for line in await gaps(one, 2)}
        assert {line.reason for line in found.values()} == {"restart"}
        assert found["TR_1"].start_ms == 58_000
        assert found["TR_9"].start_ms == 59_500
        assert found["TR_9"].identity == "thomas"
        for line in found.values():
            assert 71_900 <= line.end_ms < 80_000, "12 s after a heartbeat at 60 s"
        await one.talking()
        one.agent.stop()
        await one.running
        lines = await record.lines(one.meeting.id)
        spoken = [line for line in lines if line.reason is None]
        assert spoken[0].start_ms >= found["TR_1"].end_ms
    assert {caption.seq for caption in screen.shown if isinstance(caption, GapCaption)} == {
        line.seq for line in found.values()
    }


@pytest.mark.parametrize(
    ("muted", "joined_sec_ago", "start_ms"),
    [(False, 300, 60_000), (False, 5, 67_000), (True, 300, 0)],
)
async def test_who_is_open_now_and_was_not_then_has_a_gap_since_the_heartbeat_or_their_coming(
    record: Record, muted: bool, joined_sec_ago: int, start_ms: int
) -> None:
    room = FakeRoom()
    room.publication.muted = muted
    room.claire.joined_at = datetime.now(UTC) - timedelta(seconds=joined_sec_ago)
    async with sitting(record, FakeNotice(), Screen(), before=(), room=room) as one:
        if not muted:
            (line,) = await gaps(one, 1)
            assert abs(line.start_ms - start_ms) < 500
            assert line.end_ms >= 71_900
        one.agent.stop()
        await one.running
        if muted:
            assert await record.lines(one.meeting.id) == []


async def test_the_heartbeat_says_what_is_heard_and_the_last_one_is_kept(record: Record) -> None:
    async with sitting(record, FakeNotice(), Screen()) as one:
        await one.talking()
        one.agent.stop()
        await one.running
        (line,) = await record.lines(one.meeting.id)
        successor = await record.take_lease(one.meeting.id, holder="AJ_2", ttl_sec=15)
        assert successor is not None
        assert successor.before is not None
        (track,) = successor.before.tracks
        assert (track.identity, track.track_sid) == ("claire", "TR_1")
        assert line.end_ms <= track.settled_ms <= successor.before.meeting_ms + 1_500


async def test_a_track_that_fails_is_listened_to_anew_and_what_it_cost_is_told(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.track_tasks.TRACK_RETRY_SEC", 0.3)
    Talk.failures.append(RuntimeError("a bug"))
    brief = ScriptedRecogniser(lambda _: "oui")  # as much as can be said before the stop
    async with sitting(record, FakeNotice(), Screen(), recogniser=brief) as one:
        (line,) = await gaps(one, 1)
        assert line.reason == "outage"
        assert line.end_ms - line.start_ms > 300
        one.agent.stop()
        await one.running
        lines = await record.lines(one.meeting.id)
        assert lines[-1].reason is None
        assert lines[-1].start_ms >= line.end_ms


@pytest.fixture
def _real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame of 50 ms each 50 ms: what is not heard takes its time."""
    monkeypatch.setattr("agent.listeners.TICK_SEC", 0.05)


async def heard(one: Sitting, count: int) -> list[Line]:
    while True:
        lines = await one.record.lines(one.meeting.id)
        if len(lines) >= count:
            return lines
        await asyncio.sleep(0.02)


@pytest.mark.usefixtures("_real_time")
async def test_who_opts_out_is_not_subscribed_to_and_a_gap_until_they_opt_in(
    record: Record,
) -> None:
    async with sitting(record, FakeNotice(), Screen()) as one:
        await one.talking()
        room = one.parts.room
        room.choose(opted_out="true")
        await heard(one, 1)
        assert not room.publication.subscribed
        frames = Talk.frames
        await asyncio.sleep(0.5)
        assert Talk.frames == frames
        room.choose()
        (gap,) = await gaps(one, 1)
        assert room.publication.subscribed
        assert gap.reason == "opted_out"
        assert gap.end_ms - gap.start_ms >= 300
        while Talk.frames < frames + SPOKEN_FRAMES:
            await asyncio.sleep(0.02)
        one.agent.stop()
        await one.running
        before, _, after = sorted(
            await record.lines(one.meeting.id), key=lambda line: line.start_ms
        )
        assert before.end_ms <= gap.start_ms < gap.end_ms <= after.start_ms


@pytest.mark.usefixtures("_real_time")
async def test_who_leaves_opted_out_leaves_a_gap_and_a_successor_knows_why(record: Record) -> None:
    async with sitting(record, FakeNotice(), Screen()) as one:
        await one.talking()
        one.parts.room.choose(opted_out="true")
        await heard(one, 1)
        (track,) = one.agent._listeners.open_tracks()
        assert track.reason == "opted_out"
        await asyncio.sleep(0.5)
        one.parts.room.emit("participant_disconnected", one.parts.room.claire)
        (gap,) = await gaps(one, 1)
        assert gap.reason == "opted_out"


@pytest.mark.usefixtures("_real_time")
async def test_off_the_record_nothing_is_heard_and_on_it_again_people_are_told_first(
    record: Record,
) -> None:
    notice = FakeNotice()
    async with sitting(record, notice, Screen()) as one:
        await one.talking()
        room = one.parts.room
        await record.set_off_record(one.meeting.id, True)
        room.emit("data_received", SimpleNamespace(topic="greffier.look", participant=None))
        await heard(one, 1)
        assert notice.calls[-1] == "pause"
        assert not room.publication.subscribed
        await asyncio.sleep(0.5)
        notice.failures = 2
        await record.set_off_record(one.meeting.id, False)
        (gap,) = await gaps(one, 1)
        assert notice.calls[-1] == "give"
        assert gap.reason == "off_record"
        one.agent.stop()
        await one.running
        assert [line.reason for line in await record.lines(one.meeting.id)][:2] == [
            None,
            "off_record",
        ]


@pytest.mark.usefixtures("_real_time")
async def test_a_meeting_taken_over_off_the_record_is_not_heard(record: Record) -> None:
    notice = FakeNotice()
    meeting = await record.open_meeting(room="salle", title="", language="fr")
    await record.set_off_record(meeting.id, True)
    before = (heard_before("TR_1"),)
    async with sitting(record, notice, Screen(), before=before) as one:
        while "pause" not in notice.calls:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        assert Talk.frames == 0
        one.agent.stop()
        await one.running
        reasons = [line.reason for line in await record.lines(one.meeting.id)]
        assert reasons == ["restart", "off_record"]


async def test_the_language_that_a_person_set_is_asked_for(record: Record) -> None:
    recogniser = ScriptedRecogniser(lambda _: "bonjour à tous et merci")
    room = FakeRoom()
    room.claire.attributes = {"greffier.language": "en"}
    async with sitting(record, FakeNotice(), Screen(), recogniser=recogniser, room=room) as one:
        await one.talking()
        one.agent.stop()
        await one.running
        assert {request.language for request in recogniser.requests} == {"en"}
