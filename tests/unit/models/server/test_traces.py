from __future__ import annotations

import httpx
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from models.base import Kind
from models.client.client import AsrClient
from models.engine.batching import window_sec
from models.engine.engine import Engine
from models.server.server import application
from models.server.traces import TracingObserver
from models.settings import AsrSettings
from models.wire.trace_context import headers_of_context
from tests.unit.models.engine.fake_model import Everything, FakeModel, request
from tests.unit.models.httpx_exchange import over


async def spans_of_a_final(*, traced: bool) -> list[ReadableSpan]:
    """Ask for a final over HTTP, inside a span of the caller's or outside one."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    settings = AsrSettings(batch_wait_ms=0)
    engine = Engine(FakeModel(), settings, observer=TracingObserver(tracer))
    engine.start()
    try:
        transport = httpx.ASGITransport(application(engine, Everything(), settings))
        async with AsrClient("http://127.0.0.1:1", exchange=over(transport)) as client:
            if traced:
                with tracer.start_as_current_span("utterance"):
                    await client.recognise(request("m/t/0", Kind.FINAL, "fr"))
            else:
                await client.recognise(request("m/t/0", Kind.FINAL, "fr"))
    finally:
        engine.stop()
        provider.shutdown()
    return list(exporter.get_finished_spans())


async def test_the_callers_trace_goes_on_in_the_recognition_process() -> None:
    """Queued, then decoded: children of the caller's span, in order, inside it."""
    spans = {span.name: span for span in await spans_of_a_final(traced=True)}
    assert set(spans) == {"utterance", "queue", "decode"}
    whole, queue, decode = spans["utterance"], spans["queue"], spans["decode"]
    assert queue.context.trace_id == decode.context.trace_id == whole.context.trace_id
    assert queue.parent is not None
    assert queue.parent.span_id == whole.context.span_id
    assert whole.start_time <= queue.start_time <= queue.end_time == decode.start_time
    assert decode.start_time <= decode.end_time <= whole.end_time
    assert dict(decode.attributes or {}) == {
        "greffier.kind": "final",
        "greffier.audio_sec": 1.0,
        "greffier.window_sec": window_sec(16_000, AsrSettings().window_pad_sec),
        "greffier.batch_items": 1,
    }


async def test_without_a_callers_trace_nothing_is_written() -> None:
    """No trace begins in the middle."""
    assert await spans_of_a_final(traced=False) == []


def test_no_header_is_sent_where_nothing_is_recorded() -> None:
    """Who has no exporter pays nothing."""
    assert headers_of_context() == {}
