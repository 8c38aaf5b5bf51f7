"""The recognition process in figures, for Prometheus (docs/operations.md says what each means).

What a person waits for, from the last spoken sample to the text, is measured in the worker
(`agent.meeting_metrics`): only there is it known when somebody spoke and when it was shown. Here
a request begins when it arrives.

No label says who, where or what: `model` is the folder's name, `kind` a word of three.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from models.base import ModelRejected, ModelUnavailable
from models.engine.engine import Superseded
from models.engine.observer import DecodedBatch, Work
from models.server.gpu_memory import GpuMemory

Clock = Callable[[], float]

DELAYS_SEC = (0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)
BATCH_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
REAL_TIME_FACTORS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
OUTCOMES = ("answered", "superseded", "refused", "rejected", "cancelled", "failed")
_FRAMES_A_SEC = 100
_LOADS = {
    "queued": "Requests that wait for the model.",
    "busy": "Requests in the batch that is decoded now.",
    "degraded": "1 once a smaller model has taken the place of the one that is set.",
    "busy_share": "Share of the last seconds that the model was decoding live speech.",
    "headroom": "Room for more speakers: 1 idle, 0 full.",
    "pressure": "What clients do about partials: 0 all, 1 half, 2 a quarter of them, 3 none.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AsrMetrics:
    """All metrics of one recognition process, in a registry of their own."""

    registry: CollectorRegistry
    requests: Counter
    request_seconds: Histogram
    queue_delay_seconds: Histogram
    decode_seconds: Histogram
    real_time_factor: Histogram
    batch_items: Histogram
    batch_slots: Counter
    frames_decoded: Counter
    frames_speech: Counter

    @classmethod
    def make(cls) -> AsrMetrics:
        """Fresh metrics, all at zero."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        by_kind = ("model", "kind")

        def histogram(name: str, said: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(
                f"greffier_asr_{name}", said, by_kind, buckets=buckets, registry=registry
            )

        def counter(name: str, said: str, labels: tuple[str, ...] = by_kind) -> Counter:
            return Counter(f"greffier_asr_{name}", said, labels, registry=registry)

        return cls(
            registry=registry,
            requests=counter(
                "requests",
                "Requests by what became of them: answered, superseded by a newer one, refused "
                "(full or stopping), rejected (can't be decoded), cancelled by the caller, failed.",
                (*by_kind, "outcome"),
            ),
            request_seconds=histogram(
                "request_seconds", "From a request's arrival to its answer.", DELAYS_SEC
            ),
            queue_delay_seconds=histogram(
                "queue_delay_seconds", "From a request's arrival to its decoding.", DELAYS_SEC
            ),
            decode_seconds=histogram("decode_seconds", "Decoding of one batch.", DELAYS_SEC),
            real_time_factor=histogram(
                "real_time_factor",
                "Seconds of decoding for each second of sound in a batch.",
                REAL_TIME_FACTORS,
            ),
            batch_items=histogram("batch_items", "Requests in a batch.", BATCH_ITEMS),
            batch_slots=counter("batch_slots", "Requests that the batches had room for."),
            frames_decoded=counter(
                "frames_decoded", "Mel frames of 10 ms that were decoded, padding included."
            ),
            frames_speech=counter(
                "frames_speech", "Mel frames of 10 ms that were decoded and hold sound."
            ),
        )

    def watch(self, model: str, clock: Clock = time.monotonic) -> MetricsObserver:
        """The observer for an engine of that model; `clock` is the engine's."""
        return MetricsObserver(self, model, clock)

    def show_state(
        self,
        model: str,
        *,
        device: str,
        load: Callable[[], Mapping[str, float]],
        gpu_memory: Callable[[], GpuMemory | None],
    ) -> None:
        """Show what `load` and `gpu_memory` say whenever somebody looks; on a CPU no memory."""
        self.registry.register(_State(model, device, load, gpu_memory))


class MetricsObserver:
    """Counts what one engine does; an `EngineObserver`."""

    def __init__(self, metrics: AsrMetrics, model: str, clock: Clock) -> None:
        self._metrics = metrics
        self._model = model
        self._clock = clock
        # A series that begins at its first event has lost that event for every rate.
        for work in Work:
            for outcome in OUTCOMES:
                metrics.requests.labels(model, work, outcome)
            for metric in (
                metrics.request_seconds,
                metrics.queue_delay_seconds,
                metrics.decode_seconds,
                metrics.real_time_factor,
                metrics.batch_items,
                metrics.batch_slots,
                metrics.frames_decoded,
                metrics.frames_speech,
            ):
                metric.labels(model, work)

    @contextmanager
    def request(self, work: Work) -> Iterator[None]:
        """Count the request by what becomes of it."""
        started, outcome = self._clock(), "failed"
        try:
            yield
            outcome = "answered"
            self._metrics.request_seconds.labels(self._model, work).observe(self._clock() - started)
        except Superseded:
            outcome = "superseded"
            raise
        except ModelUnavailable:
            outcome = "refused"
            raise
        except ModelRejected:
            outcome = "rejected"
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            self._metrics.requests.labels(self._model, work, outcome).inc()

    def decoded(self, batch: DecodedBatch) -> None:
        """Take the figures of a batch."""
        all_of, labels = self._metrics, (self._model, batch.work)
        took_sec = batch.ended_sec - batch.started_sec
        audio_sec = sum(item.audio_sec for item in batch.items)
        for item in batch.items:
            delay_sec = max(batch.started_sec - item.arrived_sec, 0.0)
            all_of.queue_delay_seconds.labels(*labels).observe(delay_sec)
        all_of.decode_seconds.labels(*labels).observe(took_sec)
        if audio_sec > 0:
            all_of.real_time_factor.labels(*labels).observe(took_sec / audio_sec)
        all_of.batch_items.labels(*labels).observe(len(batch.items))
        all_of.batch_slots.labels(*labels).inc(max(batch.max_items, len(batch.items)))
        all_of.frames_decoded.labels(*labels).inc(
            len(batch.items) * batch.window_sec * _FRAMES_A_SEC
        )
        all_of.frames_speech.labels(*labels).inc(audio_sec * _FRAMES_A_SEC)


class _State(Collector):
    """Gauges that are read when somebody looks."""

    def __init__(
        self,
        model: str,
        device: str,
        load: Callable[[], Mapping[str, float]],
        gpu_memory: Callable[[], GpuMemory | None],
    ) -> None:
        self._model = model
        self._device = device
        self._load = load
        self._gpu_memory = gpu_memory

    def collect(self) -> Iterator[GaugeMetricFamily]:
        info = GaugeMetricFamily(
            "greffier_asr_model_info",
            "1, for the model that is served.",
            labels=("model", "device"),
        )
        info.add_metric((self._model, self._device), 1)
        yield info
        load = self._load()
        for name, said in _LOADS.items():
            if name in load:
                yield self._gauge(name, said, load[name])
        memory = self._gpu_memory()
        if memory is not None:
            said = "Bytes of the GPU's memory, of all processes on it."
            yield self._gauge("gpu_memory_used_bytes", said, memory.used)
            yield self._gauge("gpu_memory_total_bytes", said, memory.total)

    def _gauge(self, name: str, said: str, value: float) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(f"greffier_asr_{name}", said, labels=("model",))
        gauge.add_metric((self._model,), value)
        return gauge
