"""The trace an utterance is part of, as the HTTP header `traceparent` (W3C)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()


def headers_of_context() -> dict[str, str]:
    """The HTTP headers that carry the current span; none where nothing is recorded."""
    headers: dict[str, str] = {}
    if trace.get_current_span().is_recording():
        _PROPAGATOR.inject(headers)
    return headers


@contextmanager
def caller_of(headers: Mapping[str, str]) -> Iterator[None]:
    """Inside it the current context is the caller's; an empty one where the headers carry none."""
    token = context.attach(_PROPAGATOR.extract(headers, context.Context()))
    try:
        yield
    finally:
        context.detach(token)
