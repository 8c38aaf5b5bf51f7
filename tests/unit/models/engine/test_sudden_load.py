"""Many begin to speak at one moment: the queue, the gauge and the cadence, in virtual time.

Requests cost what they cost on two slow cores; everything that decides is the real thing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from opentelemetry.context import Context

from models.base import SAMPLE_RATE, Kind, Pressure
from models.engine.batching import BatchKey, BatchQueue, Pending
from models.engine.observer import DecodedBatch, DecodedItem, Work
from models.engine.pressure import LEVELS, LoadMeter, PressureGauge, Queued
from pipelines.live.cadence import Cadence

STEP_SEC = 0.02
COST_SEC = {Kind.PARTIAL: 0.009, Kind.FINAL: 0.016}
MAX_BATCH = 16
CLOSING_SEC = 0.35


class Talker:
    """Seven tenths of speech in sentences of one to four and a half seconds."""

    def __init__(self, number: int) -> None:
        self._random = random.Random(number)
        self._number = number
        self._spoken = 0
        self.cadence = Cadence(1.0, 0.6)
        self.waits_for_partial = False
        self._begin(self._random.uniform(0.1, 1.2))

    @property
    def utterance(self) -> str:
        return f"{self._number}/{self._spoken}"

    def _begin(self, at_sec: float) -> None:
        self._spoken += 1
        self.begins, self.ends = at_sec, at_sec + self._random.uniform(1.0, 4.5)
        self.cadence.begin(samples(at_sec))
        self._asked_until = samples(at_sec) - self.cadence.head_start_samples
        self.waits_for_partial = False

    def speak(self, now: float) -> Kind | None:
        """What is asked for now."""
        if now >= self.ends + CLOSING_SEC:
            self._begin(self.ends + self._random.uniform(0.8, 1.6))
            return Kind.FINAL
        heard = samples(min(now, self.ends))
        wanted = heard - self._asked_until >= self.cadence.every_samples
        if now < self.begins or self.waits_for_partial or not wanted:
            return None
        self._asked_until, self.waits_for_partial = heard, True
        return Kind.PARTIAL


def samples(sec: float) -> int:
    return round(sec * SAMPLE_RATE)


@dataclass
class Meeting:
    """All talkers and the process that hears them."""

    tracks: int
    waits_sec: list[tuple[float, float]] = field(default_factory=list)
    """When a final was answered, and how long it had waited and been decoded."""
    levels: list[tuple[float, Pressure]] = field(default_factory=list)
    partials: int = 0

    def __post_init__(self) -> None:
        self._talkers = [Talker(number) for number in range(self.tracks)]
        self._queue: BatchQueue[Talker] = BatchQueue(
            max_batch=MAX_BATCH, wait_sec=0.02, max_queue=256
        )
        self._meter = LoadMeter(longest_wait_sec=0.4, batch_wait_sec=0.02)
        self._gauge = PressureGauge()
        self._batch: list[Pending[Talker]] = []
        self._started = self._done = 0.0

    def run(self, seconds: float) -> None:
        for step in range(round(seconds / STEP_SEC)):
            now = step * STEP_SEC
            self._decode(now)
            self._measure(now)
            for talker in self._talkers:
                name = talker.utterance
                if (kind := talker.speak(now)) is not None:
                    self._ask(now, talker, name, kind)

    def _ask(self, now: float, talker: Talker, name: str, kind: Kind) -> None:
        if kind is Kind.PARTIAL and self._gauge.pressure is Pressure.FINALS:
            self._refuse(now, talker)
            return
        key = BatchKey(kind=kind, window_sec=2.0, prompt_tokens=0)
        self._queue.add(Pending(utterance_id=name, key=key, arrived_sec=now, item=talker))

    def _refuse(self, now: float, talker: Talker) -> None:
        talker.waits_for_partial = False
        talker.cadence.tell(Pressure.FINALS, samples(now))

    def _decode(self, now: float) -> None:
        if self._batch and now < self._done:
            return
        self._answer(now)
        self._batch = self._queue.take(now)
        if self._batch:
            self._started = now
            self._done = now + COST_SEC[self._batch[0].key.kind] * len(self._batch)

    def _answer(self, now: float) -> None:
        if not self._batch:
            return
        kind = self._batch[0].key.kind
        self._meter.decoded(
            DecodedBatch(
                work=Work.of(kind, background=False),
                items=[
                    DecodedItem(arrived_sec=one.arrived_sec, audio_sec=2.0, trace=Context())
                    for one in self._batch
                ],
                max_items=MAX_BATCH,
                window_sec=2.0,
                started_sec=self._started,
                ended_sec=self._done,
            )
        )
        for one in self._batch:
            if kind is Kind.FINAL:
                self.waits_sec.append((now, now - one.arrived_sec))
            elif one.utterance_id == one.item.utterance:
                one.item.waits_for_partial = False
                self.partials += 1
            one.item.cadence.tell(self._gauge.pressure, samples(now))

    def _measure(self, now: float) -> None:
        queued = Queued(
            live=self._queue.live,
            fullness=self._queue.fullness,
            waiting_since_sec=self._queue.waiting_since_sec,
        )
        level = self._gauge.update(now, self._meter.load(now, queued), queued)
        if not self.levels or self.levels[-1][1] is not level:
            self.levels.append((now, level))
        if level is Pressure.FINALS:
            for old in self._queue.shed():
                self._refuse(now, old.item)


def meeting(tracks: int, seconds: float) -> Meeting:
    one = Meeting(tracks)
    one.run(seconds)
    return one


def p95(waits: list[tuple[float, float]]) -> float:
    return sorted(wait for _, wait in waits)[int(len(waits) * 0.95)]


@pytest.mark.parametrize("tracks", [150, 220])
def test_finals_are_in_time_from_the_first_second_on(tracks: int) -> None:
    """With every partial that is wanted there is half as much again to do as there is time for."""
    one = meeting(tracks, 60.0)
    assert p95(one.waits_sec) < 0.8
    for second in range(0, 60, 5):
        assert p95([wait for wait in one.waits_sec if second <= wait[0] < second + 5]) < 1.0


@pytest.mark.parametrize("tracks", [150, 220])
def test_partials_are_rare_two_seconds_after_the_first_of_them(tracks: int) -> None:
    """Rather with the first queue than after steps of three seconds each."""
    one = meeting(tracks, 10.0)
    first_partial_sec = 0.1 + 0.6
    rare = next(at for at, level in one.levels if LEVELS.index(level) >= 2)
    assert rare < first_partial_sec + 2.0


def test_captions_do_not_sway_between_cadences() -> None:
    """In the fourth minute of a load that stays as it is nothing much changes any more."""
    one = meeting(150, 240.0)
    assert len([at for at, _ in one.levels if at >= 180]) <= 2
    assert len(one.levels) <= 14


@pytest.mark.parametrize(("tracks", "a_minute"), [(100, 12), (120, 10), (150, 2), (180, 2)])
def test_what_finals_leave_is_for_partials(tracks: int, a_minute: int) -> None:
    """The more speak, the rarer their partials; with finals in time they don't end."""
    one = meeting(tracks, 120.0)
    assert one.partials / tracks / 2 > a_minute


def test_below_capacity_every_partial_that_is_wanted_comes() -> None:
    """A queue that is long for a moment is no pressure."""
    one = meeting(70, 60.0)
    assert [level for _, level in one.levels] == [Pressure.NONE]
