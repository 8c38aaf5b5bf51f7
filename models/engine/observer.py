"""What the engine tells whoever watches it: metrics, traces, or nobody.

An observer is called from the event loop and from the model's thread. It must be quick, and it
never sees what was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from opentelemetry.context import Context

from models.base import Kind


class Work(StrEnum):
    """What a request is for: a live partial, a live final, or a piece of a file."""

    PARTIAL = "partial"
    FINAL = "final"
    FILE = "file"

    @classmethod
    def of(cls, kind: Kind, *, background: bool) -> Work:
        """The work of a request."""
        return cls.FILE if background else cls(kind.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedItem:
    """One request of a batch. Seconds are the engine's clock; `trace` is its caller's context."""

    arrived_sec: float
    audio_sec: float
    trace: Context


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedBatch:
    """One pass of the model. `window_sec` is what each item was padded to."""

    work: Work
    items: Sequence[DecodedItem]
    max_items: int
    window_sec: float
    started_sec: float
    ended_sec: float


class EngineObserver(Protocol):
    """Watches an engine."""

    def request(self, work: Work) -> AbstractContextManager[None]:
        """Entered as a request comes; left with its answer, or by the error it gets."""
        ...

    def decoded(self, batch: DecodedBatch) -> None:
        """A batch was decoded; called by the model's thread."""
        ...


class Unobserved:
    """Nobody watches."""

    def request(self, work: Work) -> AbstractContextManager[None]:  # noqa: ARG002
        """See EngineObserver."""
        return nullcontext()

    def decoded(self, batch: DecodedBatch) -> None:
        """See EngineObserver."""


class Observers:
    """Several observers as one."""

    def __init__(self, *observers: EngineObserver) -> None:
        self._observers = observers

    @contextmanager
    def request(self, work: Work) -> Iterator[None]:
        """See EngineObserver."""
        with ExitStack() as stack:
            for one in self._observers:
                stack.enter_context(one.request(work))
            yield

    def decoded(self, batch: DecodedBatch) -> None:
        """See EngineObserver."""
        for one in self._observers:
            one.decoded(batch)
