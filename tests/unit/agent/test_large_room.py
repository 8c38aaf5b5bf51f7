"""A room of 500 by the events that the SDK would bring, on a clock that the test moves."""

import asyncio
import contextlib
import gc
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from livekit import rtc

from agent.meeting import MeetingAgent
from agent.meeting_parts import Parts
from agent.room_captions import RoomCaptions
from models.base import Kind, Recognition, RecognitionRequest
from models.fakes import LoudnessDetector, each_alone
from pipelines.events import CaptionEvent, FinalCaption, PartialCaption
from pipelines.settings import CaptionSettings
from storage.record import Record
from tests.unit.agent.streams import FakeStream, frame
from tests.unit.agent.test_meeting import ACTIVE, KIND, FakeNotice

PEOPLE, SPEAKING = 500, 8
TICK_SEC = 0.05
LOUD, QUIET = frame(8000), frame(0)
FINAL_SEC = CaptionSettings().min_silence_sec + 3 * TICK_SEC
"""The closing silence, a window and a tick: the model of this test needs no time of its own."""


class Clock:
    """Meeting time, and whoever sleeps on it."""

    def __init__(self, start: float) -> None:
        self.start, self.now = start, start
        self._moved = asyncio.Event()

    @property
    def sec(self) -> float:
        return self.now - self.start

    async def sleep(self, sec: float) -> None:
        until = self.now + sec
        while self.now < until - 1e-9:
            await self._moved.wait()

    async def advance(self) -> None:
        """By one frame; whoever waited for it has run when this returns."""
        self.now += TICK_SEC
        self._moved.set()
        self._moved = asyncio.Event()
        for _ in range(4):
            await asyncio.sleep(0)


class Ear:
    """A recogniser that needs no time, and keeps nothing but how many finals it was asked."""

    def __init__(self) -> None:
        self.finals = 0

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        self.finals += request.kind is Kind.FINAL
        return Recognition(
            utterance_id=request.utterance_id,
            kind=request.kind,
            text="oui bonjour",
            language="fr",
        )


@dataclass
class Seen:
    """What the room was shown, and the moment."""

    clock: Clock
    count: int = 0
    finals: list[tuple[float, FinalCaption]] = field(default_factory=list)
    partials: list[tuple[float, PartialCaption]] = field(default_factory=list)

    async def show(self, caption: CaptionEvent) -> None:
        match caption:
            case FinalCaption():
                self.count += 1
                self.finals.append((self.clock.sec, caption))
            case PartialCaption():
                self.partials.append((self.clock.sec, caption))


class Person:
    """One participant and their tracks."""

    def __init__(self, number: int) -> None:
        self.identity, self.name = f"p{number}", f"Person {number}"
        self.kind, self.state = KIND, ACTIVE
        self.attributes: dict[str, str] = {}
        self.track_publications: dict[str, SimpleNamespace] = {}

    def track(self, sid: str, *, muted: bool, screen: bool = False) -> SimpleNamespace:
        source = rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO if screen else MICROPHONE
        track = SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO, sid=sid)
        publication = SimpleNamespace(sid=sid, track=track, muted=muted, source=source)
        self.track_publications[sid] = publication
        return publication


MICROPHONE = rtc.TrackSource.SOURCE_MICROPHONE


class Hall(rtc.EventEmitter):
    """The room at the SDK's edge: what a test lets happen there, and the streams opened in it."""

    def __init__(self) -> None:
        super().__init__()
        self.remote_participants: dict[str, Person] = {}
        self.connection_state = rtc.ConnectionState.CONN_CONNECTED
        self.streams: dict[str, FakeStream] = {}
        self.opened: list[str] = []

    def isconnected(self) -> bool:
        return True

    def open(self, track: SimpleNamespace) -> FakeStream:
        self.opened.append(track.sid)
        self.streams[track.sid] = FakeStream()
        return self.streams[track.sid]

    def enter(self, person: Person) -> None:
        self.remote_participants[person.identity] = person
        self.emit("participant_connected", person)
        self.emit("participant_active", person)

    def publish(self, person: Person, publication: SimpleNamespace) -> None:
        self.emit("track_subscribed", publication.track, publication, person)

    def unpublish(self, person: Person, publication: SimpleNamespace) -> None:
        self.emit("track_unsubscribed", publication.track, publication, person)
        self.emit("track_unpublished", publication, person)
        del person.track_publications[publication.sid]

    def leave(self, person: Person) -> None:
        self.emit("participant_disconnected", person)
        del self.remote_participants[person.identity]

    def mute(self, person: Person, publication: SimpleNamespace, *, muted: bool) -> None:
        publication.muted = muted
        self.emit("track_muted" if muted else "track_unmuted", person, publication)

    def rename(self, person: Person, name: str) -> None:
        before, person.name = person.name, name
        self.emit("participant_name_changed", person, before, name)

    @property
    def sounding(self) -> list[FakeStream]:
        return [one for one in self.streams.values() if not one.closed]


class Meeting:
    """500 people, of whom some speak when the test says."""

    def __init__(self, parts: Parts, hall: Hall, clock: Clock, seen: Seen, ear: Ear) -> None:
        self.hall, self.clock, self.seen = hall, clock, seen
        self.record, self.meeting_id = parts.record, parts.lease.meeting_id
        self._ear = ear
        self.agent = MeetingAgent(parts)
        self.running = asyncio.create_task(self.agent.run())
        self.people: list[Person] = []

    def join(self, number: int, *, muted: bool = True) -> Person:
        person = Person(number)
        self.people.append(person)
        self.hall.enter(person)
        self.hall.publish(person, person.track(f"TR_{number}", muted=muted))
        return person

    async def tick(self, loud: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        """50 ms, in which the tracks of `loud` sound and the other open ones are silent."""
        for sid, stream in self.hall.streams.items():
            if not stream.closed:
                stream.queue.put(LOUD if sid in loud else QUIET)
        await self.clock.advance()
        # No clock runs for the record: what was asked of the model is shown before time goes on.
        while self.seen.count < self._ear.finals:
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def meeting(record: Record) -> AsyncIterator[Meeting]:
    opened = await record.open_meeting(room="salle", title="", language="fr")
    lease = await record.take_lease(opened.id, holder="AJ_1", ttl_sec=600)
    assert lease is not None
    hall, clock = Hall(), Clock(lease.started_at.timestamp())
    seen = Seen(clock)
    ear = Ear()

    async def exists() -> bool:
        return True

    parts = Parts(
        room=hall,  # type: ignore[arg-type]
        record=record,
        lease=lease,
        lease_sec=600,
        notice=FakeNotice(),
        captions=RoomCaptions(record=record, lease=lease, display=seen),
        open_stream=hall.open,
        recogniser=ear,
        detector=LoudnessDetector,
        detect=each_alone,
        settings=CaptionSettings(),
        room_exists=exists,
        now=lambda: clock.now,
        monotonic=lambda: clock.now,
        sleep=clock.sleep,
    )
    one = Meeting(parts, hall, clock, seen, ear)
    while (await record.meeting(opened.id)).notice_at is None:  # type: ignore[union-attr]
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    try:
        yield one
    finally:
        one.agent.stop()
        await one.running


async def test_of_500_only_those_who_sound_are_heard_and_their_captions_are_on_time(
    record: Record,
) -> None:
    async with meeting(record) as hall:
        for number in range(PEOPLE):
            hall.join(number, muted=number >= SPEAKING - 1)
        screen = hall.people[3].track("TR_screen", muted=False, screen=True)
        hall.hall.publish(hall.people[3], screen)
        await hall.tick()
        await hall.tick()
        speakers = [f"TR_{n}" for n in range(SPEAKING - 1)] + ["TR_screen"]
        assert sorted(hall.hall.opened) == sorted(speakers)

        # Each speaks for 2 s, all at once and then in turns.
        ends: dict[str, list[float]] = {sid: [] for sid in speakers}
        for loud in [set(speakers), *({sid} for sid in speakers)]:
            for _ in range(40):
                await hall.tick(loud)
            for sid in loud:
                ends[sid].append(hall.clock.sec)
            for _ in range(16):
                await hall.tick()

        shown: dict[str, list[float]] = {sid: [] for sid in speakers}
        for moment, caption in hall.seen.finals:
            shown[caption.segment.speaker.track_sid].append(moment)
        for sid in speakers:
            late = [shown_at - end for shown_at, end in zip(shown[sid], ends[sid], strict=True)]
            assert max(late) <= FINAL_SEC, f"{sid} {late}"
        first: dict[str, float] = {}
        for moment, partial in hall.seen.partials:
            first.setdefault(partial.speaker.track_sid, moment)
        assert set(first) == set(speakers)
        assert max(first.values()) <= CaptionSettings().partial_every_sec + 0.3
        names = {c.segment.speaker.track_sid: c.segment.speaker for _, c in hall.seen.finals}
        assert names["TR_screen"].name == "Person 3 (screen)"
        assert names["TR_screen"].identity == names["TR_3"].identity == "p3"
        assert names["TR_3"].name == "Person 3"
    seen = await record.participants(hall.meeting_id)
    assert len(seen) == PEOPLE


@pytest.fixture
def _traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("_traced")
async def test_memory_is_flat_while_people_come_go_rename_and_mute(record: Record) -> None:
    """Each second 20 leave and 20 come, 20 rename, 20 unmute for a moment, one speaks."""
    async with meeting(record) as hall:
        for number in range(PEOPLE):
            hall.join(number)
        talker = hall.people[0]
        hall.hall.mute(talker, talker.track_publications["TR_0"], muted=False)
        number = PEOPLE

        async def second() -> None:
            nonlocal number
            leaving, hall.people[1:21] = hall.people[1:21], []
            for person in leaving:
                for publication in list(person.track_publications.values()):
                    hall.hall.unpublish(person, publication)
                hall.hall.leave(person)
            for _ in range(20):
                hall.join(number)
                number += 1
            moment = hall.people[1:21]
            for person in moment:
                hall.hall.rename(person, person.name + " (Lyon)")
                (publication,) = person.track_publications.values()
                hall.hall.mute(person, publication, muted=False)
            for tick in range(20):
                if tick == 5:
                    for person in moment:
                        (publication,) = person.track_publications.values()
                        hall.hall.mute(person, publication, muted=True)
                await hall.tick({"TR_0"} if tick < 8 else set())
            for sid in [sid for sid, one in hall.hall.streams.items() if one.closed]:
                del hall.hall.streams[sid]  # the test's own
            hall.hall.opened.clear()
            hall.seen.finals.clear()
            hall.seen.partials.clear()

        async def held() -> tuple[int, int]:
            for _ in range(5):
                await second()
            for _ in range(30):
                await hall.tick()  # streams of the muted are given back a second later
            gc.collect()
            return tracemalloc.get_traced_memory()[0], len(asyncio.all_tasks())

        await held()
        first, tasks = await held()
        last, tasks_later = await held()
        assert max(tasks, tasks_later) <= PEOPLE + 12, "one a track, and those of the meeting"
        assert len(hall.hall.sounding) == 1
        assert last - first <= 256 * 1024, "100 came and went: held, they are 600 KB"
    names = await record.participants(hall.meeting_id)
    assert len(names) == number
    assert names["p21"] == "Person 21 (Lyon)"
