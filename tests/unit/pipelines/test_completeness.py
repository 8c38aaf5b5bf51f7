"""Whatever happens to a track: its intervals tile it, and what was shown is what they say.

Random sound, mutes, leaves, restarts, tracks that come again, full queues, a recogniser that is
away, finals that pile up, texts that nobody said: after all of it each sample of the track is
silence, transcribed, or a gap that was told with its reason.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from models.base import (
    ModelRejected,
    ModelUnavailable,
    Pressure,
    Recognition,
    RecognitionRequest,
)
from models.fakes import ScriptedRecogniser
from pipelines.captions import TrackCaptions
from pipelines.events import DroppedCaption, Gap, GapReason, PartialCaption, Segment, Speaker
from pipelines.record.transcript import build
from pipelines.segments import to_ms
from pipelines.settings import CaptionSettings
from pipelines.track_ledger import LEAST_GAP_SAMPLES, Fate, Interval
from tests.unit.said import gap as gap_line
from tests.unit.said import line

FRAME = 1_600
SPEAKER = Speaker(identity="ana", name="Ana", track_sid="TR")
SETTINGS = CaptionSettings(max_utterance_sec=3.0, partial_every_sec=0.5)
BLIP = 2 * FRAME
"""So little speech, cut off by a mute or the end, is no utterance."""
LOUD = np.full(FRAME, 0.1, np.float32)
QUIET = np.zeros(FRAME, np.float32)


class Detector:
    """Speech is what is not zero; large windows, for there are a thousand tracks to run."""

    window_samples = 800

    def probability(self, window: np.ndarray) -> float:
        return 1.0 if window[0] or window[-1] else 0.0

    def reset(self) -> None:
        pass


@dataclass
class Told:
    """The sink: what readers were shown, in order."""

    lines: list[Segment | Gap] = field(default_factory=list)

    async def partial(self, caption: PartialCaption) -> None:
        pass

    async def final(self, segment: Segment, pressure: Pressure) -> None:
        await asyncio.sleep(0)
        self.lines.append(segment)

    async def dropped(self, caption: DroppedCaption) -> None:
        pass

    async def gap(self, gap: Gap) -> None:
        await asyncio.sleep(0)
        self.lines.append(gap)


sizes = st.integers(1, 45)
sound = st.tuples(st.just("sound"), st.booleans(), sizes)
muted = st.tuples(st.just("skip"), st.none(), sizes)
holes = st.tuples(st.just("skip"), st.sampled_from(list(GapReason)), sizes)
blinks = st.tuples(st.just("skip"), st.sampled_from(list(GapReason)), st.just(0))
unexplained = st.tuples(st.just("hole"), st.none(), sizes)
twice = st.tuples(st.just("twice"), st.booleans(), st.integers(1, 5))
finish = st.tuples(st.just("finish"), st.none(), st.just(0))
again = st.tuples(st.just("again"), st.sampled_from([GapReason.RESTART, GapReason.OUTAGE]), sizes)
hold = st.tuples(st.sampled_from(["hold", "release"]), st.none(), st.just(0))
events = st.lists(
    st.one_of(
        sound, sound, sound, sound, muted, holes, blinks, unexplained, twice, finish, again, hold
    ),
    min_size=1,
    max_size=25,
)
answers = st.lists(
    st.sampled_from(
        ["bonjour à tous", "oui", "", "...", ModelUnavailable("away"), ModelRejected("no")]
    ),
    min_size=1,
    max_size=6,
)


@dataclass
class Sitting:
    """One track from its first sample to its last, through several listeners."""

    answers: list[object]
    max_outstanding: int
    start: int
    told: Told = field(default_factory=Told)
    intervals: list[Interval] = field(default_factory=list)
    spoken: list[tuple[int, int]] = field(default_factory=list)
    at: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self.at = self.start
        self.recogniser = ScriptedRecogniser(self._answer)
        self.captions = self._listen()

    def _listen(self) -> TrackCaptions:
        return TrackCaptions(
            meeting_id="m",
            speaker=SPEAKER,
            detector=Detector(),
            recogniser=self.recogniser,
            sink=self.told,
            settings=SETTINGS,
            max_outstanding=self.max_outstanding,
            settled=self.intervals.append,
        )

    def _answer(self, request: RecognitionRequest) -> str | Recognition | BaseException:
        self.asked += 1
        return self.answers[self.asked % len(self.answers)]

    async def play(self, events: list[tuple]) -> None:
        for kind, what, size in events:
            match kind:
                case "sound":
                    await self._feed(what, size)
                case "twice":
                    await self.captions.feed(LOUD if what else QUIET, max(0, self.at - size * 500))
                    self.at = self.captions.end_sample or 0
                case "skip":
                    self.at += size * FRAME or 100
                    self.captions.skip(self.at, what)
                case "hole":
                    self.at += size * FRAME
                    await self._feed(True, 1)
                case "finish":
                    await self.captions.finish()
                case "again":
                    await self._again(what, size)
                case "hold":
                    self.recogniser.hold()
                case "release":
                    self.recogniser.release()
        await self._end()

    async def _feed(self, loud: bool, size: int) -> None:
        if loud:
            self.spoken.append((self.at, self.at + size * FRAME))
        for _ in range(size):
            await self.captions.feed(LOUD if loud else QUIET, self.at)
            self.at += FRAME

    async def _again(self, reason: GapReason, size: int) -> None:
        """Killed or failed: what is not settled is lost; the next listener goes on from there."""
        if reason is GapReason.RESTART:
            await self.captions.finish()
            self.recogniser.release()
            await self.captions.drain()
        settled = self.captions.settled_sample
        await self.captions.aclose()
        self.captions = self._listen()
        self.at += size * FRAME
        if settled is not None:
            self.captions.begin(settled)
            self.captions.skip(self.at, reason)

    async def _end(self) -> None:
        await self.captions.finish()
        self.recogniser.release()
        await self.captions.drain()
        await self.captions.aclose()


def check(sitting: Sitting) -> None:
    """The intervals tile the track, and every line is one of them."""
    intervals = sitting.intervals
    for before, after in pairwise(intervals):
        assert before.end_sample == after.start_sample, "no sample twice, none nowhere"
    assert all(one.start_sample < one.end_sample for one in intervals)
    if sitting.captions.end_sample is not None and intervals:
        assert intervals[-1].end_sample == sitting.captions.end_sample == sitting.at
    unexplained = [one for one in intervals if one.fate is Fate.SILENCE and not one.reason]
    for start, end in sitting.spoken:
        for one in unexplained:
            missed = min(end, one.end_sample) - max(start, one.start_sample)
            assert missed <= BLIP, "speech is no silence unless a guard, a mute or a blink says so"
    segments = [one for one in sitting.told.lines if isinstance(one, Segment)]
    gaps = [one for one in sitting.told.lines if isinstance(one, Gap)]
    transcribed = [one for one in intervals if one.fate is Fate.TRANSCRIBED]
    missing = [one for one in intervals if one.fate is Fate.GAP]
    for lines, kept in ((segments, transcribed), (gaps, missing)):
        assert len(lines) == len(kept)
        for shown, one in zip(lines, kept, strict=True):
            assert to_ms(one.start_sample) <= shown.start_ms <= shown.end_ms
            assert shown.end_ms <= to_ms(one.end_sample)
    assert [one.reason for one in gaps] == [one.reason for one in missing]
    assert len({one.id for one in sitting.told.lines}) == len(sitting.told.lines)
    total = sum(one.end_sample - one.start_sample for one in intervals)
    by_fate = {
        fate: sum(i.end_sample - i.start_sample for i in intervals if i.fate is fate)
        for fate in Fate
    }
    assert sum(by_fate.values()) == total == (intervals[-1].end_sample - intervals[0].start_sample
                                              if intervals else 0)  # fmt: skip
    _check_transcript(segments, gaps)


def _check_transcript(segments: list[Segment], gaps: list[Gap]) -> None:
    said = [
        line(n, "Ana", "x", id=one.id, start=one.start_ms, end_ms=one.end_ms)
        for n, one in enumerate(segments, 1)
    ]
    lost = [
        gap_line(n, "Ana", one.reason, id=one.id, start=one.start_ms, end_ms=one.end_ms)
        for n, one in enumerate(gaps, len(said) + 1)
    ]
    transcript = build([*said, *lost], {})
    if transcript.lines:
        speaker = transcript.speaker("ana")
        assert speaker.spoken_ms == sum(one.end_ms - one.start_ms for one in segments)
        assert speaker.missing_ms == sum(one.end_ms - one.start_ms for one in gaps)


async def run(
    events: list[tuple], answers: list[object], max_outstanding: int, start: int
) -> Sitting:
    sitting = Sitting(answers=answers, max_outstanding=max_outstanding, start=start)
    await sitting.play(events)
    return sitting


def tile(examples: int):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@tile(100)
@given(events, answers, st.integers(1, 4), st.integers(0, 10**9))
def test_intervals_tile_the_track(
    events: list[tuple], answers: list[object], max_outstanding: int, start: int
) -> None:
    check(asyncio.run(run(events, answers, max_outstanding, start)))


@pytest.mark.slow
@tile(1000)
@given(events, answers, st.integers(1, 4), st.integers(0, 10**9))
def test_intervals_tile_the_track_in_a_thousand_runs(
    events: list[tuple], answers: list[object], max_outstanding: int, start: int
) -> None:
    check(asyncio.run(run(events, answers, max_outstanding, start)))


async def test_every_fate_and_reason_occurs() -> None:
    """The check above would pass where nothing happens: here everything does."""
    playing = [
        ("sound", True, 20), ("sound", False, 10), ("sound", True, 20), ("sound", False, 10),
        ("sound", True, 20), ("sound", False, 10), ("skip", None, 5),
        ("skip", GapReason.OVERLOAD, 5), ("skip", GapReason.OFF_RECORD, 0),
        ("again", GapReason.RESTART, 5), ("hole", None, 5),
    ]  # fmt: skip
    sitting = await run(playing, ["bonjour à tous"] * 5 + ["...", ModelUnavailable("x")], 9, 7)
    check(sitting)
    seen = {(one.fate.value, one.reason) for one in sitting.intervals}
    assert {fate for fate, _ in seen} == {"silence", "transcribed", "gap"}
    assert {("silence", "muted"), ("silence", "moment"), ("gap", "overload")} < seen
    assert {("gap", "restart"), ("gap", "outage")} < seen
    least = min(i.end_sample - i.start_sample for i in sitting.intervals if i.reason == "overload")
    assert least >= LEAST_GAP_SAMPLES
