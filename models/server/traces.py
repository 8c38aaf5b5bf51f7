"""An utterance's way through the recognition process, as spans of its caller's trace.

The context comes over HTTP as `traceparent` (W3C); without one there is no span. Nothing of what
was said, nor by whom, is in a span.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from opentelemetry import trace

from models.engine.observer import DecodedBatch, Work


class TracingObserver:
    """Writes the spans `queue` and `decode`; an `EngineObserver`. `clock` is the engine's."""

    def __init__(
        self,
        tracer: trace.Tracer,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._tracer = tracer
        self._clock = clock
        self._wall_ns = wall_ns

    def request(self, work: Work) -> AbstractContextManager[None]:  # noqa: ARG002
        """Nothing to say of a request before it is decoded."""
        return nullcontext()

    def decoded(self, batch: DecodedBatch) -> None:
        """Two spans for each item that is part of a trace."""
        # Spans are on the wall clock, the engine on a clock that never jumps.
        origin_ns = self._wall_ns() - round(self._clock() * 1e9)
        started_ns = origin_ns + round(batch.started_sec * 1e9)
        for item in batch.items:
            if not trace.get_current_span(item.trace).get_span_context().is_valid:
                continue
            arrived_ns = min(origin_ns + round(item.arrived_sec * 1e9), started_ns)
            queue = self._tracer.start_span("queue", item.trace, start_time=arrived_ns)
            queue.end(started_ns)
            decode = self._tracer.start_span(
                "decode",
                item.trace,
                start_time=started_ns,
                attributes={
                    "greffier.kind": batch.work.value,
                    "greffier.audio_sec": round(item.audio_sec, 3),
                    "greffier.window_sec": batch.window_sec,
                    "greffier.batch_items": len(batch.items),
                },
            )
            decode.end(origin_ns + round(batch.ended_sec * 1e9))
