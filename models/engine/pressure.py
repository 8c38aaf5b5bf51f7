"""How loaded the recognition process is, and what it asks of its clients. Times are given.

Utilisation says little where work is batched: a model that is always busy with two items of
sixteen has room for many more. So pressure follows the time that live requests wait for their
batch. It rises by a step as long as they wait too long, and at once where what is in the queue
already will take longer than that: when many begin to speak together, a wait is only seen once it
has been waited for. It falls when they have not waited for a while; the while grows each time that
falling was too early, so that captions don't sway between two cadences.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from models.base import Pressure
from models.engine.observer import DecodedBatch, Work

LEVELS = tuple(Pressure)
WINDOW_SEC = 3.0
"""What is looked at: a single slow batch is no load."""
RISE_SEC = WINDOW_SEC
"""Between two steps up: what is looked at must be the effect of the last one."""
HUNG = 4.0
"""A single wait counts when it is so many times too long: partials wait for a few batches of finals
whenever some sentences end together."""
OFTENER = 3.0
"""So many times the partials come a level lower: twice as often, and of short sentences at all."""
CALM = 0.7
CALM_SEC = 5.0
LONGEST_CALM_SEC = 60.0
AHEAD = ((4.0, Pressure.FINALS), (2.0, Pressure.SLOWER))
"""From so much work ahead, in longest waits, the level is at least that, without a step between.
One wait's worth is no jump: a queue is as long for a moment whenever a few sentences end together.
"""
NEARLY_FULL = 0.75
"""A queue this full takes finals only, at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The queue as it is: `live` requests in it, as a share of what it takes, 0 to 1, and when the
    longest waiting one of them came.
    """

    live: int
    fullness: float
    waiting_since_sec: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`share` is 0 for idle; from 1 on, live requests wait longer than they should.

    In the same measure: `finals`, what finals alone wait, and `ahead`, how long what waits now will
    take. `busy` is the model's time, 0 to 1; `busier` what it would be a level lower.
    """

    share: float
    busy: float
    ahead: float = 0.0
    finals: float = 0.0
    busier: float = 0.0

    @property
    def headroom(self) -> float:
        """Room for more speakers, 0 to 1."""
        return max(0.0, 1.0 - self.share)


class LoadMeter:
    """An EngineObserver that knows the load of the last seconds, without files'."""

    def __init__(self, *, longest_wait_sec: float, batch_wait_sec: float, workers: int = 1) -> None:
        self._longest_wait_sec = longest_wait_sec
        self._batch_wait_sec = batch_wait_sec
        self._workers = workers
        self._window_sec = WINDOW_SEC * workers
        self._batches: deque[DecodedBatch] = deque()
        self._lock = threading.Lock()

    def request(self, work: Work) -> AbstractContextManager[None]:  # noqa: ARG002
        """See EngineObserver; what counts is what is decoded."""
        return nullcontext()

    def decoded(self, batch: DecodedBatch) -> None:
        """Note a batch; called by the model's thread."""
        if batch.work is not Work.FILE:
            with self._lock:
                self._batches.append(batch)

    def load(self, now_sec: float, queued: Queued) -> Load:
        """Return the load as it is now."""
        batches = self._recent(now_sec)
        finals = [batch for batch in batches if batch.work is Work.FINAL]
        took, took_finals = _took(batches), _took(finals)
        item_sec = took / max(sum(len(batch.items) for batch in batches), 1)
        full = sum(_took([batch]) * len(batch.items) / batch.max_items for batch in batches)
        # While one batch takes very long nothing is noted, and yet all wait.
        since = now_sec if queued.waiting_since_sec is None else queued.waiting_since_sec
        hung = (now_sec - since) / HUNG
        return Load(
            share=max(
                max(self._waited(batches), hung) / self._longest_wait_sec,
                min(full / self._window_sec, 1.0),
                queued.fullness,
            ),
            busy=min(took / self._window_sec, 1.0),
            ahead=queued.live * item_sec / self._workers / self._longest_wait_sec,
            finals=max(self._waited(finals), hung) / self._longest_wait_sec,
            busier=(took_finals + OFTENER * (took - took_finals)) / self._window_sec,
        )

    def _recent(self, now_sec: float) -> list[DecodedBatch]:
        with self._lock:
            while self._batches and self._batches[0].ended_sec < now_sec - WINDOW_SEC:
                self._batches.popleft()
            return list(self._batches)

    def _waited(self, batches: Sequence[DecodedBatch]) -> float:
        """How long their items waited, on average."""
        waits = [
            max(batch.started_sec - item.arrived_sec - self._batch_wait_sec, 0.0)
            for batch in batches
            for item in batch.items
        ]
        return sum(waits) / max(len(waits), 1)


def _took(batches: Sequence[DecodedBatch]) -> float:
    return sum(batch.ended_sec - batch.started_sec for batch in batches)


class PressureGauge:
    """The pressure that follows from load over time. Not thread-safe."""

    def __init__(self) -> None:
        self._level = 0
        self._rose_sec = float("-inf")
        self._fell_sec = float("-inf")
        self._calm_since: float | None = None
        self._calm_sec = CALM_SEC

    @property
    def pressure(self) -> Pressure:
        """As of the last update."""
        return LEVELS[self._level]

    def update(self, now_sec: float, load: Load, queued: Queued) -> Pressure:
        """Take the load as it is now; call it a few times a second while there is work."""
        least = _least(load, queued)
        if least > self._level:
            self._rise(now_sec, least)
        elif load.share >= 1.0:
            self._calm_since = None
            # Partials may wait: without any only where finals do, too.
            highest = len(LEVELS) - (1 if load.finals >= 1.0 else 2)
            if now_sec - self._rose_sec >= RISE_SEC:
                self._rise(now_sec, min(self._level + 1, highest))
        elif load.share >= CALM or load.busier > 1.0:
            self._calm_since = None
        else:
            self._fall(now_sec)
        return self.pressure

    def _rise(self, now_sec: float, level: int) -> None:
        self._calm_since = None
        if level <= self._level:
            return
        if now_sec - self._fell_sec < 2 * self._calm_sec:
            self._calm_sec = min(2 * self._calm_sec, LONGEST_CALM_SEC)
        self._level, self._rose_sec = level, now_sec

    def _fall(self, now_sec: float) -> None:
        if self._calm_since is None:
            self._calm_since = now_sec
        while self._level and now_sec - self._calm_since >= self._calm_sec:
            self._level -= 1
            self._calm_since += self._calm_sec
            self._fell_sec = self._calm_since
        if not self._level and now_sec - self._calm_since >= LONGEST_CALM_SEC:
            self._calm_sec = CALM_SEC


def _least(load: Load, queued: Queued) -> int:
    """The lowest level that what waits now allows."""
    if queued.fullness >= NEARLY_FULL:
        return LEVELS.index(Pressure.FINALS)
    return next((LEVELS.index(level) for ahead, level in AHEAD if load.ahead >= ahead), 0)
