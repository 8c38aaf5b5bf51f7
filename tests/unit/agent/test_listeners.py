"""All tracks of a meeting, heard by one task and judged by one inference."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from agent.handover import Handover
from agent.listeners import Heard, Listeners
from agent.meeting_clock import MeetingClock
from models.base import Asked, Pressure
from models.fakes import LoudnessDetector, ScriptedRecogniser, each_alone
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.settings import CaptionSettings
from storage.line import Lease
from tests.unit.agent.streams import FakeStream, frame

START = datetime(2026, 1, 1, tzinfo=UTC)


class Sink:
    """Keeps finals."""

    def __init__(self) -> None:
        self.finals: list[Segment] = []
        self.gaps: list[Gap] = []
        self.again: list[Segment] = []

    async def partial(self, caption: PartialCaption) -> None: ...

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        self.finals.append(segment)

    async def dropped(self, caption: DroppedCaption) -> None: ...

    async def gap(self, gap: Gap) -> None:
        self.gaps.append(gap)

    async def translated(self, segment: Segment) -> None:
        self.again.append(segment)


class Hall:
    """Listeners over streams that the test fills, with the batches that were asked."""

    def __init__(self, people: int, **settings: Any) -> None:
        self.streams = [FakeStream() for _ in range(people)]
        self.batches: list[int] = []
        self.sink = Sink()
        self.now = 0.0
        lease = Lease(meeting_id="m", fence=1, started_at=START)
        clock = MeetingClock(lease, wall=START.timestamp, monotonic=lambda: self.now)
        self.listeners = Listeners(
            meeting_id="m",
            open_stream=lambda track: track.stream,
            recogniser=ScriptedRecogniser(lambda _: "bonjour à tous et merci"),
            detector=LoudnessDetector,
            detect=self._detect,
            sink=self.sink,
            settings=CaptionSettings(**settings),
            clock=clock,
            handover=Handover(None, meeting_id="m", clock=clock),
            deaf=lambda: False,
        )
        self.publications = [SimpleNamespace(sid=f"TR_{n}", muted=False) for n in range(people)]
        self.added = [self.add(n).listener for n in range(people)]
        self.listeners.hear()

    def add(self, number: int) -> Heard:
        """The track is subscribed."""
        publication = self.publications[number]
        return self.listeners.add(
            SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO, stream=self.streams[number]),
            publication,
            Speaker(identity=f"p{number}", name=f"P{number}", track_sid=publication.sid),
        )

    def tick(self, loud: Sequence[int]) -> None:
        """50 ms in which those of `loud` speak."""
        self.now += 0.05
        for number, stream in enumerate(self.streams):
            stream.queue.put(frame(8000 if number in loud else 0))
        self.listeners.hear()

    def _detect(self, asked: Sequence[Asked]) -> list[float]:
        self.batches.append(len(asked))
        return each_alone(asked)


async def test_windows_of_all_tracks_that_are_due_go_through_one_run() -> None:
    hall = Hall(40)
    for _ in range(16):
        hall.tick(loud=())
    windows = 16 * 800 // 512
    assert hall.batches == [40] * windows


async def test_who_speaks_among_many_gets_their_own_text() -> None:
    hall = Hall(12)
    running = [asyncio.create_task(one.run()) for one in hall.added]
    for tick in range(60):
        hall.tick(loud=(3, 7) if 10 <= tick < 40 else ())
        await asyncio.sleep(0)
    hall.listeners.end()
    await asyncio.gather(*running)
    assert sorted(one.speaker.identity for one in hall.sink.finals) == ["p3", "p7"]
    assert all(abs(one.start_ms - 500) <= 50 for one in hall.sink.finals)
    assert all(stream.closed for stream in hall.streams)


@pytest.mark.parametrize(
    ("settings", "again"),
    [
        ({}, 0),
        ({"translate_to_en": True}, 1),
        # The LLM's English is asked for then, and one is enough.
        ({"translate_to_en": True, "translate_to": ("en",)}, 0),
    ],
)
async def test_finals_come_again_in_whispers_english_where_that_is_set(
    settings: dict[str, Any], again: int
) -> None:
    hall = Hall(1, **settings)
    hearing = asyncio.create_task(hall.listeners.run())
    running = asyncio.create_task(hall.added[0].run())
    for tick in range(60):
        hall.tick(loud=(0,) if 10 <= tick < 40 else ())
        await asyncio.sleep(0)
    hall.listeners.end()
    await running
    for _ in range(20):
        await asyncio.sleep(0)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    assert (len(hall.sink.finals), len(hall.sink.again)) == (1, again)


async def test_who_speaks_after_a_minute_of_silence_is_heard_from_the_first_sample() -> None:
    """Silence is heard five times a second only; no word waits for that, and none is cut."""
    hall = Hall(2)
    hall.batches.clear()
    running = [asyncio.create_task(one.run()) for one in hall.added]
    for _ in range(1201):
        hall.tick(loud=())
    hall.batches.clear()
    hall.tick(loud=(1,))
    assert hall.batches, "at once"
    for tick in range(60):
        hall.tick(loud=(1,) if tick < 30 else ())
        await asyncio.sleep(0)
    hall.listeners.end()
    await asyncio.gather(*running)
    (final,) = hall.sink.finals
    assert final.speaker.identity == "p1"
    assert final.start_ms == pytest.approx(1201 * 50, abs=33), "to the window"


async def test_one_tracks_failure_leaves_the_others() -> None:
    hall = Hall(3)
    hall.streams[1].take = lambda: (_ for _ in ()).throw(OSError("broken"))  # type: ignore[method-assign]
    running = [asyncio.create_task(one.run()) for one in hall.added]
    for tick in range(60):
        hall.tick(loud=(0, 2) if 10 <= tick < 40 else ())
        await asyncio.sleep(0)
    with pytest.raises(OSError, match="broken"):
        await running[1]
    hall.listeners.end()
    await asyncio.gather(running[0], running[2])
    assert sorted(one.speaker.identity for one in hall.sink.finals) == ["p0", "p2"]


async def test_a_room_in_which_all_are_muted_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until somebody is unmuted, nothing runs."""
    monkeypatch.setattr("agent.listeners.TICK_SEC", 0)
    hall = Hall(0)
    publication = SimpleNamespace(sid="TR", muted=True)
    stream = FakeStream(*[frame(8000)] * 20)
    hall.listeners.add(
        SimpleNamespace(stream=stream), publication, Speaker(identity="a", name="A", track_sid="TR")
    )
    ticks = 0
    hear = hall.listeners.hear

    def counted() -> bool:
        nonlocal ticks
        ticks += 1
        return hear()

    monkeypatch.setattr(hall.listeners, "hear", counted)
    running = asyncio.create_task(hall.listeners.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert ticks <= 2
    publication.muted = False
    hall.listeners.changed()
    while not hall.batches:
        await asyncio.sleep(0)
    running.cancel()


def test_int16_frames_are_what_the_streams_bring() -> None:
    assert np.frombuffer(frame(7), np.int16).tolist() == [7] * 800


@pytest.mark.parametrize(
    ("muted", "gaps"), [((False, False), 1), ((True, False), 1), ((True, True), 0)]
)
async def test_a_track_that_comes_again_was_not_heard_meanwhile(
    muted: tuple[bool, bool], gaps: int
) -> None:
    """After a reconnect of ours; unless nothing was to be heard of it before and after."""
    hall = Hall(1)
    hall.tick(loud=())
    running = [asyncio.create_task(hall.added[0].run())]
    hall.publications[0].muted = muted[0]
    hall.listeners.gone("TR_0")
    await running[0]
    hall.now = 5.0
    hall.publications[0].muted = muted[1]
    hall.streams[0] = FakeStream()
    running.append(asyncio.create_task(hall.add(0).listener.run()))
    hall.listeners.hear()
    hall.tick(loud=())
    hall.listeners.end()
    await asyncio.gather(*running)
    assert [(gap.start_ms, gap.end_ms, gap.reason) for gap in hall.sink.gaps] == [
        (50, 5_000, "outage")
    ][:gaps]


async def test_a_successor_would_have_to_know_of_the_tracks_that_are_not_muted() -> None:
    hall = Hall(3)
    hall.publications[1].muted = True
    hall.tick(loud=(2,))
    for _ in range(29):
        hall.tick(loud=(2,))
    hall.listeners.left("TR_9")
    settled = {one.track_sid: one.settled_ms for one in hall.listeners.open_tracks()}
    assert set(settled) == {"TR_0", "TR_2"}
    assert 850 <= settled["TR_0"] <= 1_500, "silent: up to what may still be pre-roll, or rests"
    assert settled["TR_2"] == 0, "speaking: all of the utterance is at stake"
    hall.listeners.left("TR_2")
    assert [one.track_sid for one in hall.listeners.open_tracks()] == ["TR_0"]
