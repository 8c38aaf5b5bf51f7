"""The worker and its meetings in figures, for Prometheus (docs/operations.md: what each means).

Each meeting is a process of its own: its figures go into files of a folder, which the worker
reads (`agent.metrics_folder`). Here is measured what people wait for: from the spoken sample, by
the meeting's own clock, to the caption's leaving for the room. What the network then adds is
measured at a participant, in the demo's report.

No label says who, where or what.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from agent.metrics_folder import MetricsFolder
from pipelines.events import GapReason

CAPTION_SEC = (0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 120.0)
KINDS = ("partial", "final", "gap", "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingMetrics:
    """All metrics of one meeting's process. Gauges are summed over the processes that live."""

    registry: CollectorRegistry
    tracks: Gauge
    utterances: Counter
    first_text_seconds: Histogram
    final_seconds: Histogram
    captions_shown: Counter
    captions_unshown: Counter
    gaps: Counter
    gap_seconds: Counter
    commit_retries: Counter

    @classmethod
    def make(cls) -> MeetingMetrics:
        """Fresh metrics; in a job's process to be made there, not before its fork."""
        registry = CollectorRegistry()

        def counter(name: str, said: str, *labels: str) -> Counter:
            return Counter(f"greffier_worker_{name}", said, labels, registry=registry)

        def histogram(name: str, said: str) -> Histogram:
            return Histogram(
                f"greffier_worker_{name}", said, buckets=CAPTION_SEC, registry=registry
            )

        metrics = cls(
            registry=registry,
            tracks=Gauge(
                "greffier_worker_tracks",
                "Audio tracks that are listened to now, muted ones included.",
                registry=registry,
                multiprocess_mode="livesum",
            ),
            utterances=counter("utterances", "Utterances committed to the record with their text."),
            first_text_seconds=histogram(
                "first_text_seconds",
                "From an utterance's first spoken sample to its first text on its way to the room.",
            ),
            final_seconds=histogram(
                "final_seconds",
                "From an utterance's last spoken sample to its final on its way to the room.",
            ),
            captions_shown=counter("captions_shown", "Captions sent to the room.", "kind"),
            captions_unshown=counter(
                "captions_unshown",
                "Captions that could not be sent to the room; finals and gaps are in the record.",
                "kind",
            ),
            gaps=counter("gaps", "Intervals of speech that have no text, by reason.", "reason"),
            gap_seconds=counter("gap_seconds", "Seconds of speech without text.", "reason"),
            commit_retries=counter(
                "commit_retries", "Times that a line had to be written to the record again."
            ),
        )
        for kind in KINDS:
            metrics.captions_shown.labels(kind)
            metrics.captions_unshown.labels(kind)
        for reason in GapReason:
            metrics.gaps.labels(reason.value)
            metrics.gap_seconds.labels(reason.value)
        return metrics


class WorkerMetrics:
    """What the worker shows: its own figures, and those of its meetings from `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(MetricsFolder(folder))

    def watch(self, meetings: Callable[[], int], limit: int) -> None:
        """Show how many meetings run, and how many may."""
        self.registry.register(_Worker(meetings, limit))


class _Worker(Collector):
    """Gauges of the worker itself, read when somebody looks."""

    def __init__(self, meetings: Callable[[], int], limit: int) -> None:
        self._meetings = meetings
        self._limit = limit

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "greffier_worker_meetings", "Meetings on this worker now.", value=self._meetings()
        )
        yield GaugeMetricFamily(
            "greffier_worker_meetings_limit", "Meetings it takes at most.", value=self._limit
        )
        yield GaugeMetricFamily(
            "greffier_worker_resident_bytes",
            "Memory of the worker and of all its meetings' processes.",
            value=_resident_bytes(),
        )


def _resident_bytes() -> int:
    worker = psutil.Process(os.getpid())
    total = 0
    for process in (worker, *worker.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue  # it ended a moment ago
    return total
