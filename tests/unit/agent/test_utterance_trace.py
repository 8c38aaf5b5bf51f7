"""One trace an utterance: through captions, the recognition process over HTTP, record and room."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime

import httpx
import numpy as np
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracer, Tracer

from agent.caption_watch import CaptionWatch
from agent.outbox import MAX_WAITING
from agent.room_captions import RoomCaptions
from agent.utterance_trace import TracedRecogniser, UtteranceTraces
from models.base import ModelUnavailable, Recogniser, Recognition, RecognitionRequest
from models.client.client import AsrClient
from models.engine.engine import Engine
from models.fakes import LoudnessDetector
from models.server.server import application
from models.server.traces import TracingObserver
from models.settings import AsrSettings
from pipelines.captions import TrackCaptions
from pipelines.settings import CaptionSettings
from storage.line import Lease
from tests.unit.agent.captions import CLAIRE
from tests.unit.agent.test_room_captions import Diary
from tests.unit.models.engine.fake_model import Everything, FakeModel
from tests.unit.models.httpx_exchange import over

LEASE = Lease(meeting_id="m", fence=1, started_at=datetime(2026, 1, 1, tzinfo=UTC))
SPEECH_SEC = 1.0


class Spans:
    """A tracer that keeps what it wrote."""

    def __init__(self) -> None:
        self._exporter, provider = InMemorySpanExporter(), TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer: Tracer = provider.get_tracer("test")

    def by_name(self) -> dict[str, ReadableSpan]:
        spans = self._exporter.get_finished_spans()
        named = {span.name: span for span in spans}
        assert len(named) == len(spans)
        return named


async def caption(recogniser: Recogniser, tracer: Tracer, diary: Diary) -> UtteranceTraces:
    """A second of speech, brought to the room."""
    zero = LEASE.started_at.timestamp()
    traces = UtteranceTraces(tracer, zero_sec=zero)
    watch = CaptionWatch(zero_sec=zero, traces=traces)
    sink = RoomCaptions(record=diary, lease=LEASE, display=diary, watch=watch)
    showing = asyncio.create_task(sink.run())
    captions = TrackCaptions(
        meeting_id="m",
        speaker=CLAIRE,
        detector=LoudnessDetector(),
        recogniser=TracedRecogniser(recogniser, tracer),
        sink=sink,
        settings=CaptionSettings(),
        trace=traces.utterance,
    )
    try:
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, round(SPEECH_SEC * 16_000))
        await captions.feed(noise.astype(np.float32), 16_000)
        await captions.finish()
        await captions.drain()
        await sink.shown()
    finally:
        await captions.aclose()
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
    return traces


async def test_from_the_last_sample_to_the_room_over_http() -> None:
    """Asked, queued, decoded, committed, shown: in this order, of one trace, without any words."""
    spans, diary, settings = Spans(), Diary(), AsrSettings(batch_wait_ms=0)
    engine = Engine(FakeModel(), settings, observer=TracingObserver(spans.tracer))
    engine.start()
    try:
        transport = httpx.ASGITransport(application(engine, Everything(), settings))
        async with AsrClient("http://127.0.0.1:1", exchange=over(transport)) as client:
            await caption(client, spans.tracer, diary)
    finally:
        engine.stop()
    assert diary.events[-2:] == ["commit m/TR_1/16000", "show FinalCaption"]
    named = spans.by_name()
    assert set(named) == {"utterance", "recognise", "queue", "decode", "commit", "show"}
    root = named["utterance"]
    assert root.parent is None
    # The last spoken sample, on the meeting's own clock: a meeting of January.
    spoken_ms = (root.start_time or 0) / 1e6 - LEASE.started_at.timestamp() * 1000
    assert 1000 < spoken_ms <= 1000 + SPEECH_SEC * 1000
    names = {span.context.span_id: name for name, span in named.items()}
    parents = {name: names[span.parent.span_id] for name, span in named.items() if span.parent}
    assert parents == {
        "recognise": "utterance",
        "queue": "recognise",
        "decode": "recognise",
        "commit": "utterance",
        "show": "utterance",
    }
    assert len({span.context.trace_id for span in named.values()}) == 1
    order = [named[name] for name in ("queue", "decode", "commit", "show")]
    assert all(a.end_time <= b.start_time for a, b in itertools.pairwise(order))
    written = str([dict(span.attributes or {}) for span in named.values()])
    assert "oui" not in written
    assert CLAIRE.identity not in written
    assert CLAIRE.name not in written


async def test_an_outage_ends_the_trace_with_its_gap() -> None:
    """The gap is committed and shown as a final is; the failed span holds no message."""
    spans, diary = Spans(), Diary()

    class Away:
        async def recognise(self, request: RecognitionRequest) -> Recognition:
            raise ModelUnavailable("http://secret-host")

    traces = await caption(Away(), spans.tracer, diary)
    named = spans.by_name()
    assert set(named) == {"utterance", "recognise", "commit", "show"}
    assert not named["recognise"].status.is_ok
    assert named["recognise"].events == ()
    assert "secret-host" not in str(named["recognise"].to_json())
    assert traces.open == 0


async def test_what_is_never_shown_is_not_kept_for_ever() -> None:
    """As many open traces as the outbox has captions."""
    spans = Spans()
    traces = UtteranceTraces(spans.tracer, zero_sec=0.0)
    for at in range(MAX_WAITING + 10):
        with traces.utterance(f"m/t/{at}", at):
            traces.waits(f"m/t/{at}")
    assert traces.open == MAX_WAITING


async def test_without_a_tracer_nothing_is_kept() -> None:
    """The default."""
    traces = UtteranceTraces(NoOpTracer(), zero_sec=0.0)
    with traces.utterance("m/t/0", 0), traces.commit():
        traces.waits("m/t/0")
    traces.shown("m/t/0")
    assert traces.open == 0
