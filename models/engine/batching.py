"""Which requests go to the model next. Pure: no clock, no thread, no GPU library.

Finals go before partials and are never refused; the one that is due first goes first, and none of
a speaker's overtakes another of theirs that is due before it. A newer partial replaces an older
one of the same utterance, and a final removes its utterance's partial. A batch holds requests that
join its first.

Background requests, the pieces of a file, go when no live speech waits, in small batches. One that
has waited `patience_sec` goes before partials, never before finals; then partials have a turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from models.base import SAMPLE_RATE, Kind

T = TypeVar("T")

WINDOWS_SEC: tuple[float, ...] = (
    *(half / 2 for half in range(3, 17)),
    *range(9, 17),
    *range(18, 31, 2),
)
"""Lengths of decoding windows: fine enough to waste little. Near ones share a batch."""
NEAR = 1.25
"""How much longer or shorter than the first one's window those are that may go with it; a batch is
as long as its longest. On a CPU 1 costs as much (more batches), 1.6 more (more padding)."""


BEHIND_SEC = {Kind.FINAL: 0.06, Kind.PARTIAL: 0.2}
"""Where another batch is being decoded, the next waits so long for it: it becomes fuller, and two
at once share caches and often a core. It is no longer than a batch takes where little is to do."""


def window_sec(speech_samples: int, pad_sec: float, *, full: bool = False) -> float:
    """Return the decoding window, in seconds, for that much audio and the silence after it."""
    needed = speech_samples / SAMPLE_RATE + pad_sec
    if full:
        return WINDOWS_SEC[-1]
    return next((window for window in WINDOWS_SEC if window >= needed), WINDOWS_SEC[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKey:
    """What decides who may share a batch: CTranslate2 takes one mel length, one prompt length."""

    kind: Kind
    window_sec: float
    prompt_tokens: int
    temperature: float = 0.0
    background: bool = False
    language_model: str = ""
    """The language whose own model decodes it; the main model's without."""

    def joins(self, first: BatchKey) -> bool:
        """Whether this may go with `first`: all the same, and windows that are near."""
        near = first.window_sec / NEAR <= self.window_sec <= first.window_sec * NEAR
        return near and replace(self, window_sec=first.window_sec) == first


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(Generic[T]):
    """A request that waits. `*_sec` are the injected clock's; `item` is the caller's own.

    `due_sec` orders finals (without one: the time of arrival). `speaker` is unique over all
    meetings; without one an utterance stands for itself.
    """

    utterance_id: str
    key: BatchKey
    arrived_sec: float
    item: T
    speaker: str = ""
    due_sec: float | None = None

    @property
    def rank_sec(self) -> float:
        """What goes first has the lowest."""
        return self.arrived_sec if self.due_sec is None else self.due_sec


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission(Generic[T]):
    """What adding a request did: whether it waits now, and whom it superseded."""

    accepted: bool
    superseded: tuple[Pending[T], ...] = ()


class BatchQueue(Generic[T]):
    """The waiting requests of one model."""

    def __init__(
        self,
        *,
        max_batch: int,
        wait_sec: float,
        max_queue: int,
        max_background_batch: int = 4,
        patience_sec: float = 10.0,
    ) -> None:
        self._max_batch = max_batch
        self._max_background_batch = max_background_batch
        self._wait_sec = wait_sec
        self._patience_sec = patience_sec
        self._max_queue = max_queue
        self._finals: dict[int, Pending[T]] = {}
        self._partials: dict[str, Pending[T]] = {}
        self._background: dict[int, Pending[T]] = {}
        self._next_number = 0
        self._partials_turn = False

    def __len__(self) -> int:
        return self.live + len(self._background)

    @property
    def live(self) -> int:
        """Requests of people who speak now; files don't count."""
        return len(self._finals) + len(self._partials)

    @property
    def fullness(self) -> float:
        """0 when no live speech waits, 1 when partials are refused; files don't count."""
        return min(1.0, self.live / self._max_queue)

    @property
    def waiting_since_sec(self) -> float | None:
        """When the live request that waits longest came; None while none does."""
        live = (*self._finals.values(), *self._partials.values())
        return min((request.arrived_sec for request in live), default=None)

    def add(self, request: Pending[T]) -> Admission[T]:
        """Let a request wait; a full queue refuses partials only. Superseded ones get a 409."""
        if request.key.background:
            self._background[self._number()] = request
            return Admission(accepted=True)
        waiting = self._partials.get(request.utterance_id)
        superseded = () if waiting is None else (waiting,)
        if request.key.kind is Kind.FINAL:
            self._partials.pop(request.utterance_id, None)
            self._finals[self._number()] = request
            return Admission(accepted=True, superseded=superseded)
        if any(final.utterance_id == request.utterance_id for final in self._finals.values()):
            return Admission(accepted=True, superseded=(request,))
        if waiting is not None:
            # It keeps the older one's place: replacing must not push a talker to the back.
            request = replace(request, arrived_sec=waiting.arrived_sec, due_sec=waiting.due_sec)
        elif self.live >= self._max_queue:
            return Admission(accepted=False)
        self._partials[request.utterance_id] = request
        return Admission(accepted=True, superseded=superseded)

    def ready_at(self, *, shared: bool = False) -> float | None:
        """When the next batch goes (clock seconds, maybe past); None while nothing waits.

        `shared`: another one is being decoded.
        """
        return min((at for at, _ in self._turns(shared=shared)), default=None)

    def take(self, now_sec: float, *, shared: bool = False) -> list[Pending[T]]:
        """Remove and return the batch that is ready, in its order; empty when none is."""
        turns = self._turns(shared=shared)
        batch = next((batch for at, batch in turns if at <= now_sec), [])
        if not batch:
            return []
        identities = {id(request) for request in batch}
        self._finals = {k: v for k, v in self._finals.items() if id(v) not in identities}
        self._partials = {k: v for k, v in self._partials.items() if id(v) not in identities}
        self._background = {k: v for k, v in self._background.items() if id(v) not in identities}
        key = batch[0].key
        if key.background or key.kind is Kind.PARTIAL:
            # Many old pieces in a row would starve partials in their turn.
            self._partials_turn = key.background and bool(self._partials)
        return batch

    def shed(self) -> list[Pending[T]]:
        """Remove and return the partials: by the time finals leave room, they are old."""
        waiting, self._partials = list(self._partials.values()), {}
        return waiting

    def clear(self) -> list[Pending[T]]:
        """Remove and return all that waits."""
        waiting = [*self._finals.values(), *self._partials.values(), *self._background.values()]
        self._finals, self._partials, self._background = {}, {}, {}
        return waiting

    def _number(self) -> int:
        self._next_number += 1
        return self._next_number

    def _turns(self, *, shared: bool) -> list[tuple[float, list[Pending[T]]]]:
        """Batches that may go next, the most urgent first, each with the time it may go from."""
        if self._finals:
            return [self._live_turn(self._finals.values(), shared=shared)]
        turns = []
        if self._background and not (self._partials and self._partials_turn):
            at, batch = self._turn(self._background.values(), self._max_background_batch)
            if self._partials or shared:
                at = max(at, batch[0].arrived_sec + self._patience_sec)
            turns.append((at, batch))
        if self._partials:
            turns.append(self._live_turn(self._partials.values(), shared=shared))
        return turns

    def _live_turn(
        self, waiting: Collection[Pending[T]], *, shared: bool
    ) -> tuple[float, list[Pending[T]]]:
        at, batch = self._turn(waiting, self._max_batch)
        if shared and len(batch) < self._max_batch:
            oldest_sec = min(request.arrived_sec for request in waiting)
            at = max(at, oldest_sec + BEHIND_SEC[batch[0].key.kind])
        return at, batch

    def _turn(
        self, waiting: Iterable[Pending[T]], max_batch: int
    ) -> tuple[float, list[Pending[T]]]:
        """Those who go with the first, and when: at once if they fill a batch."""
        ordered = sorted(waiting, key=lambda request: request.rank_sec)
        batch: list[Pending[T]] = []
        passed_over: set[str] = set()
        for request in ordered:
            speaker = request.speaker or request.utterance_id
            if request.key.joins(ordered[0].key) and speaker not in passed_over:
                batch.append(request)
            else:
                passed_over.add(speaker)
        # Whoever waits longest sets the time, so that more urgent ones can't put it off for ever.
        oldest_sec = min(request.arrived_sec for request in ordered)
        batch = batch[:max_batch]
        return (oldest_sec if len(batch) >= max_batch else oldest_sec + self._wait_sec), batch
