"""The jobs process in figures, for Prometheus (docs/operations.md says what each means).

No label says whose meeting it was, nor who was written to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from delivery.mail import MailState

STEPS = ("write_minutes", "write_files", "tell_room", "send_mail", "finish", "fail")
_STEPS_SEC = (0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsMetrics:
    """All metrics of one jobs process, in a registry of their own."""

    registry: CollectorRegistry
    deliveries: Counter
    steps: Counter
    step_seconds: Histogram
    mails: Counter
    waiting: Gauge

    @classmethod
    def make(cls) -> JobsMetrics:
        """Fresh metrics, all at zero."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        metrics = cls(
            registry=registry,
            deliveries=Counter(
                "greffier_jobs_deliveries",
                "Meetings brought to their end: delivered or failed.",
                ("outcome",),
                registry=registry,
            ),
            steps=Counter(
                "greffier_jobs_steps",
                "Runs of a delivery's steps: done, or failed and perhaps tried again.",
                ("step", "outcome"),
                registry=registry,
            ),
            step_seconds=Histogram(
                "greffier_jobs_step_seconds",
                "How long a step ran.",
                ("step",),
                buckets=_STEPS_SEC,
                registry=registry,
            ),
            mails=Counter(
                "greffier_jobs_mails",
                "Tries of a mail: sent, deferred (tried again), refused, skipped (no mail server).",
                ("outcome",),
                registry=registry,
            ),
            waiting=Gauge(
                "greffier_jobs_waiting",
                "Ended meetings whose minutes are not delivered yet.",
                registry=registry,
            ),
        )
        for outcome in ("delivered", "failed"):
            metrics.deliveries.labels(outcome)
        for state in MailState:
            metrics.mails.labels(state.value)
        for step in STEPS:
            metrics.step_seconds.labels(step)
            for outcome in ("done", "failed"):
                metrics.steps.labels(step, outcome)
        return metrics

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count and time what is done inside; one that is cancelled is not counted."""
        try:
            with self.step_seconds.labels(name).time():
                yield
        except Exception:
            self.steps.labels(name, "failed").inc()
            raise
        self.steps.labels(name, "done").inc()
