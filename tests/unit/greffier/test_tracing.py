"""Where spans go: to a collector, over its real protocol, or nowhere."""

from __future__ import annotations

import pickle
from functools import partial

from opentelemetry import trace

from greffier.tracing import tracing
from tests.otlp_collector import collector


def test_spans_reach_the_collector_before_the_process_ends() -> None:
    """A job process lives no longer than its meeting: leaving sends what waits."""
    with collector() as (endpoint, got):
        # As the worker hands it to a meeting's process.
        opened = pickle.loads(pickle.dumps(partial(tracing, endpoint, "greffier-worker")))
        with opened() as tracer, tracer.start_as_current_span("utterance"):
            pass
    (spans,) = (one for request in got for one in request.resource_spans)
    attributes = {one.key: one.value.string_value for one in spans.resource.attributes}
    assert attributes["service.name"] == "greffier-worker"
    assert [span.name for scope in spans.scope_spans for span in scope.spans] == ["utterance"]


def test_the_global_provider_stays_as_it_is() -> None:
    """By it livekit-agents would send its own spans, with names of rooms and people."""
    with collector() as (endpoint, _), tracing(endpoint, "greffier-asr"):
        assert not trace.get_tracer("livekit-agents").start_span("job").is_recording()


def test_without_an_address_nothing_is_recorded() -> None:
    """The default."""
    with tracing("", "greffier-asr") as tracer:
        assert not tracer.start_span("utterance").is_recording()
