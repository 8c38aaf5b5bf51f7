from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from opentelemetry.context import Context
from prometheus_client.parser import text_string_to_metric_families

from models.base import Kind, ModelBusy, ModelRejected
from models.engine.engine import Engine, Superseded
from models.engine.observer import DecodedBatch, DecodedItem, Work
from models.server.gpu_memory import GpuMemory
from models.server.metrics import AsrMetrics
from models.server.server import application
from models.settings import AsrSettings
from tests.unit.models.engine.fake_model import Everything, FakeModel, busy, request


class Clock:
    def __init__(self) -> None:
        self.sec = 100.0

    def __call__(self) -> float:
        return self.sec


def value(metrics: AsrMetrics, name: str, **labels: str) -> float:
    found = metrics.registry.get_sample_value(f"greffier_asr_{name}", {"model": "m", **labels})
    assert found is not None, name
    return found


@contextmanager
def running(
    model: FakeModel, metrics: AsrMetrics, *, max_queue: int = 4, clock: Clock | None = None
) -> Iterator[Engine]:
    settings = AsrSettings(max_batch=8, batch_wait_ms=0, max_queue=max_queue)
    engine = Engine(model, settings, observer=metrics.watch("m", *([clock] if clock else [])))
    engine.start()
    try:
        yield engine
    finally:
        model.gate.set()
        engine.stop()


def decoded(*, items: int, audio_sec: float, arrived_sec: float = 10.0) -> DecodedBatch:
    one = DecodedItem(arrived_sec=arrived_sec, audio_sec=audio_sec, trace=Context())
    return DecodedBatch(
        work=Work.FINAL,
        items=[one] * items,
        max_items=16,
        window_sec=4,
        started_sec=10.5,
        ended_sec=11.5,
    )


def test_a_batch_gives_delay_fill_and_real_time_factor() -> None:
    """Four items of 2.5 s in windows of 4 s, decoded in one second after half a second."""
    metrics = AsrMetrics.make()
    metrics.watch("m").decoded(decoded(items=4, audio_sec=2.5))
    assert value(metrics, "queue_delay_seconds_sum", kind="final") == pytest.approx(4 * 0.5)
    assert value(metrics, "queue_delay_seconds_count", kind="final") == 4
    assert value(metrics, "decode_seconds_sum", kind="final") == pytest.approx(1.0)
    assert value(metrics, "real_time_factor_sum", kind="final") == pytest.approx(0.1)
    assert value(metrics, "batch_items_sum", kind="final") == 4
    assert value(metrics, "batch_slots_total", kind="final") == 16
    assert value(metrics, "frames_decoded_total", kind="final") == 1600
    assert value(metrics, "frames_speech_total", kind="final") == 1000


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "answered"),
        (Superseded("newer"), "superseded"),
        (ModelBusy("full"), "refused"),
        (ModelRejected("bad"), "rejected"),
        (asyncio.CancelledError(), "cancelled"),
        (ValueError("a bug"), "failed"),
    ],
)
def test_a_request_is_counted_by_its_outcome_and_timed_when_answered(
    error: BaseException | None, outcome: str
) -> None:
    """Once, whatever becomes of it; an error goes on to the caller."""
    metrics, clock = AsrMetrics.make(), Clock()
    watch = metrics.watch("m", clock)

    def ask() -> None:
        with watch.request(Work.PARTIAL):
            clock.sec += 0.25
            if error is not None:
                raise error

    if error is None:
        ask()
    else:
        with pytest.raises(type(error)):
            ask()
    counted = {
        sample.labels["outcome"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "greffier_asr_requests_total" and sample.labels["kind"] == "partial"
    }
    assert {name for name, count in counted.items() if count} == {outcome}
    answered = value(metrics, "request_seconds_sum", kind="partial")
    assert answered == (0.25 if error is None else 0.0)


async def test_an_engine_under_load_shows_what_it_sheds() -> None:
    """A full queue: partials are refused, also one that waits; every final is answered."""
    model, metrics = FakeModel(), AsrMetrics.make()
    with running(model, metrics, max_queue=2) as engine:
        first = await busy(engine, model)
        older = asyncio.create_task(engine.submit(request("a", Kind.PARTIAL)))
        while engine.load()["queued"] < 1:
            await asyncio.sleep(0.005)
        newer = asyncio.create_task(engine.submit(request("a", Kind.PARTIAL)))
        finals = [asyncio.create_task(engine.submit(request(f"f{at}"))) for at in range(3)]
        while not newer.done() or engine.load()["queued"] < 3:
            engine.load()
            await asyncio.sleep(0.005)
        with pytest.raises(ModelBusy):
            await newer
        with pytest.raises(ModelBusy):
            await engine.submit(request("b", Kind.PARTIAL))
        model.gate.set()
        await asyncio.gather(first, older, *finals, return_exceptions=True)
    outcomes = {
        (kind, outcome): value(metrics, "requests_total", kind=kind, outcome=outcome)
        for kind, outcome in (
            ("partial", "superseded"),
            ("partial", "refused"),
            ("partial", "answered"),
            ("final", "answered"),
            ("final", "refused"),
        )
    }
    assert outcomes == {
        ("partial", "superseded"): 1,
        ("partial", "refused"): 2,
        ("partial", "answered"): 0,
        ("final", "answered"): 4,
        ("final", "refused"): 0,
    }
    assert value(metrics, "batch_items_sum", kind="final") == 4


async def test_the_page_can_be_scraped_and_says_nothing_of_what_was_said() -> None:
    """Valid exposition format; labels are model, kind, outcome and device; each process its own."""
    model, metrics = FakeModel(), AsrMetrics.make()
    with running(model, metrics) as engine:
        metrics.show_state(
            "m",
            device="cpu",
            load=engine.load,
            gpu_memory=lambda: None,
        )
        app = application(engine, Everything(), AsrSettings(), metrics=metrics)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://asr") as http:
            query = {"utterance_id": "secret-room/secret-track/0", "prompt": "secret words"}
            answer = await http.post("/recognise", params=query, content=bytes(32_000))
            assert answer.json()["text"] == "oui"
            page = await http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert "secret" not in page.text
    families = {family.name: family for family in text_string_to_metric_families(page.text)}
    labels = {name for f in families.values() for s in f.samples for name in s.labels}
    assert labels == {"model", "kind", "outcome", "device", "le"}
    assert families["greffier_asr_headroom"].samples[0].value > 0.5
    assert "greffier_asr_gpu_memory_used_bytes" not in families
    assert "process_resident_memory_bytes" in families
    fresh = AsrMetrics.make()
    fresh.watch("m")
    assert value(fresh, "requests_total", kind="final", outcome="answered") == 0


def test_the_memory_of_a_gpu_is_shown_where_there_is_one() -> None:
    """Read when somebody looks."""
    metrics = AsrMetrics.make()
    metrics.show_state(
        "m", device="cuda", load=dict, gpu_memory=lambda: GpuMemory(used=3, total=10)
    )
    assert value(metrics, "gpu_memory_used_bytes") == 3
    assert value(metrics, "gpu_memory_total_bytes") == 10
    assert metrics.registry.get_sample_value("greffier_asr_headroom", {"model": "m"}) is None
