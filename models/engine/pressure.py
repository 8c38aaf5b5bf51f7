"""How loaded the recognition process is, and what it asks of its clients. Times are given.

Utilisation says little where work is batched: a model that is always busy with two items of
sixteen has room for many more. So pressure follows the time that live requests wait for their
batch. It rises by a step as long as they wait too long, and falls when they have not for a while;
the while grows each time that falling was too early, so that captions don't sway between two
cadences.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from models.base import Pressure
from models.engine.observer import DecodedBatch, Work

LEVELS = tuple(Pressure)
WINDOW_SEC = 3.0
"""What is looked at: a single slow batch is no load."""
RISE_SEC = WINDOW_SEC
"""Between two steps up: what is looked at must be the effect of the last one."""
CALM = 0.5
CALM_SEC = 5.0
LONGEST_CALM_SEC = 60.0
NEARLY_FULL = 0.75
"""A queue this full takes finals only, at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """The queue as it is: `fullness` 0 to 1, and when the longest waiting live request came."""

    fullness: float
    waiting_since_sec: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`share` is 0 for idle; from 1 on, live requests wait longer than they should."""

    share: float
    busy: float

    @property
    def headroom(self) -> float:
        """Room for more speakers, 0 to 1."""
        return max(0.0, 1.0 - self.share)


class LoadMeter:
    """An EngineObserver that knows the load of the last seconds, without files'."""

    def __init__(self, *, longest_wait_sec: float, batch_wait_sec: float, workers: int = 1) -> None:
        self._longest_wait_sec = longest_wait_sec
        self._batch_wait_sec = batch_wait_sec
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
        waits = [self._waited(batch) for batch in batches]
        waited = sum(waits) / max(len(waits), 1)
        if queued.waiting_since_sec is not None:
            # While one batch takes very long nothing is noted, and yet all wait.
            waited = max(waited, now_sec - queued.waiting_since_sec)
        busy = sum(_took(batch) for batch in batches) / self._window_sec
        full = sum(_took(batch) * len(batch.items) / batch.max_items for batch in batches)
        return Load(
            share=max(
                waited / self._longest_wait_sec, min(full / self._window_sec, 1.0), queued.fullness
            ),
            busy=min(busy, 1.0),
        )

    def _recent(self, now_sec: float) -> list[DecodedBatch]:
        with self._lock:
            while self._batches and self._batches[0].ended_sec < now_sec - WINDOW_SEC:
                self._batches.popleft()
            return list(self._batches)

    def _waited(self, batch: DecodedBatch) -> float:
        oldest = min(item.arrived_sec for item in batch.items)
        return max(batch.started_sec - oldest - self._batch_wait_sec, 0.0)


def _took(batch: DecodedBatch) -> float:
    return batch.ended_sec - batch.started_sec


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
        if queued.fullness >= NEARLY_FULL:
            self._rise(now_sec, len(LEVELS) - 1)
        elif load.share >= 1.0:
            self._calm_since = None
            if now_sec - self._rose_sec >= RISE_SEC:
                self._rise(now_sec, self._level + 1)
        elif load.share >= CALM:
            self._calm_since = None
        else:
            self._fall(now_sec)
        return self.pressure

    def _rise(self, now_sec: float, level: int) -> None:
        self._calm_since = None
        level = min(level, len(LEVELS) - 1)
        if level == self._level:
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
