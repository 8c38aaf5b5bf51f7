"""A trace of each utterance: from its last spoken sample to its caption's leaving for the room.

    utterance           from the last spoken sample
    ├── recognise       the final is asked for; the recognition process adds `queue` and `decode`
    ├── commit          the line is written to the record
    └── show            the caption waits its turn and is sent

Nothing of what was said, nor who said it, is in a span: `greffier.utterance` is the line's id.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context

from agent.outbox import MAX_WAITING
from models.base import Kind, Recogniser, Recognition, RecognitionRequest


class UtteranceTraces:
    """The open traces of one meeting; `zero_sec` is its beginning in Unix time."""

    def __init__(self, tracer: trace.Tracer, *, zero_sec: float) -> None:
        self._tracer = tracer
        self._zero_ns = round(zero_sec * 1e9)
        self._showing: OrderedDict[str, tuple[trace.Span, trace.Span]] = OrderedDict()

    @property
    def open(self) -> int:
        """Traces whose caption waits to be shown."""
        return len(self._showing)

    @contextmanager
    def utterance(self, utterance_id: str, end_ms: int) -> Iterator[None]:
        """Inside it a final is asked for and committed; `end_ms`: its end in meeting time."""
        span = self._tracer.start_span(
            "utterance",
            Context(),
            start_time=self._zero_ns + end_ms * 1_000_000,
            attributes={"greffier.utterance": utterance_id},
        )
        try:
            with trace.use_span(span, end_on_exit=False):
                yield
        finally:
            if utterance_id not in self._showing:
                span.end()

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Inside it a line is written; it is a span where it belongs to an utterance's trace."""
        if not trace.get_current_span().is_recording():
            yield
            return
        with self._tracer.start_as_current_span("commit"):
            yield

    def waits(self, utterance_id: str) -> None:
        """The caption waits to be shown; called inside `utterance`."""
        span = trace.get_current_span()
        if not span.is_recording():
            return
        self._showing[utterance_id] = span, self._tracer.start_span("show")
        if len(self._showing) > MAX_WAITING:
            self.shown(next(iter(self._showing)))  # left out by the outbox, or never shown

    def shown(self, utterance_id: str) -> None:
        """The caption is out, or given up; silent where no trace is open."""
        for span in reversed(self._showing.pop(utterance_id, ())):
            span.end()


class TracedRecogniser:
    """A recogniser whose finals are spans."""

    def __init__(self, recogniser: Recogniser, tracer: trace.Tracer) -> None:
        self._recogniser = recogniser
        self._tracer = tracer

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """See Recogniser."""
        if request.kind is Kind.PARTIAL:
            return await self._recogniser.recognise(request)
        # An error's message may quote the address; that it failed is enough.
        with self._tracer.start_as_current_span(
            "recognise", record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                return await self._recogniser.recognise(request)
            except BaseException as error:
                span.set_status(trace.StatusCode.ERROR, type(error).__name__)
                raise
