"""Which requests go to the model next. Pure: no clock, no thread, no GPU library.

Finals go before partials and are never refused. A newer partial replaces an older one of the same
utterance, and a final removes its utterance's partial. One batch holds one `BatchKey`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.base import SAMPLE_RATE, Kind

T = TypeVar("T")

WINDOWS_SEC = (2, 3, 4, 6, 8, 12, 16, 20, 30)
"""Lengths of decoding windows. Few enough to fill batches, fine enough to waste little."""


def window_sec(speech_samples: int, pad_sec: float, *, full: bool = False) -> int:
    """Return the decoding window, in seconds, for that much audio and the silence after it."""
    needed = speech_samples / SAMPLE_RATE + pad_sec
    if full:
        return WINDOWS_SEC[-1]
    return next((window for window in WINDOWS_SEC if window >= needed), WINDOWS_SEC[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKey:
    """What all items of a batch share: CTranslate2 takes one mel length, one prompt length."""

    kind: Kind
    window_sec: int
    prompt_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(Generic[T]):
    """A request that waits. `arrived_sec` is the injected clock's; `item` is the caller's own."""

    utterance_id: str
    key: BatchKey
    arrived_sec: float
    item: T


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission(Generic[T]):
    """What adding a request did: whether it waits now, and whom it superseded."""

    accepted: bool
    superseded: tuple[Pending[T], ...] = ()


class BatchQueue(Generic[T]):
    """The waiting requests of one model."""

    def __init__(self, *, max_batch: int, wait_sec: float, max_queue: int) -> None:
        self._max_batch = max_batch
        self._wait_sec = wait_sec
        self._max_queue = max_queue
        self._finals: dict[int, Pending[T]] = {}
        self._partials: dict[str, Pending[T]] = {}
        self._next_final = 0

    def __len__(self) -> int:
        return len(self._finals) + len(self._partials)

    @property
    def headroom(self) -> float:
        """1 when nothing waits, 0 when partials are refused."""
        return max(0.0, 1.0 - len(self) / self._max_queue)

    def add(self, request: Pending[T]) -> Admission[T]:
        """Let a request wait; a full queue refuses partials only. Superseded ones get a 409."""
        waiting = self._partials.get(request.utterance_id)
        superseded = () if waiting is None else (waiting,)
        if request.key.kind is Kind.FINAL:
            self._partials.pop(request.utterance_id, None)
            self._finals[self._next_final] = request
            self._next_final += 1
            return Admission(accepted=True, superseded=superseded)
        if any(final.utterance_id == request.utterance_id for final in self._finals.values()):
            return Admission(accepted=True, superseded=(request,))
        if waiting is not None:
            # It keeps the older one's place: replacing must not push a talker to the back.
            request = Pending(
                utterance_id=request.utterance_id,
                key=request.key,
                arrived_sec=waiting.arrived_sec,
                item=request.item,
            )
        elif len(self) >= self._max_queue:
            return Admission(accepted=False)
        self._partials[request.utterance_id] = request
        return Admission(accepted=True, superseded=superseded)

    def ready_at(self) -> float | None:
        """When the next batch goes (clock seconds, maybe past); None while nothing waits."""
        chosen = self._candidates()
        if not chosen:
            return None
        oldest = chosen[0].arrived_sec
        return oldest if len(chosen) >= self._max_batch else oldest + self._wait_sec

    def take(self, now_sec: float) -> list[Pending[T]]:
        """Remove and return the batch that is ready, oldest first; empty when none is."""
        at = self.ready_at()
        if at is None or now_sec < at:
            return []
        batch = self._candidates()
        identities = {id(request) for request in batch}
        self._finals = {k: v for k, v in self._finals.items() if id(v) not in identities}
        self._partials = {k: v for k, v in self._partials.items() if id(v) not in identities}
        return batch

    def clear(self) -> list[Pending[T]]:
        """Remove and return all that waits."""
        waiting = [*self._finals.values(), *self._partials.values()]
        self._finals, self._partials = {}, {}
        return waiting

    def _candidates(self) -> list[Pending[T]]:
        """Those who would go with the oldest request of the first kind that waits."""
        waiting: Iterable[Pending[T]] = self._finals.values() or self._partials.values()
        ordered = sorted(waiting, key=lambda request: request.arrived_sec)
        if not ordered:
            return []
        key = ordered[0].key
        return [request for request in ordered if request.key == key][: self._max_batch]
