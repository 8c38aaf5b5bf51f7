"""The rooms service in figures, for Prometheus (docs/operations.md says what each means).

No label says who or where: a route is its template, never the address that was asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rooms.tokens import Mode

UNKNOWN_ROUTE = "none"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ANSWERS_SEC = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomsMetrics:
    """All metrics of one rooms process, in a registry of their own."""

    registry: CollectorRegistry
    requests: Counter
    request_seconds: Histogram
    tokens: Counter
    dispatches: Counter

    @classmethod
    def make(cls) -> RoomsMetrics:
        """Fresh metrics, all at zero."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        metrics = cls(
            registry=registry,
            requests=Counter(
                "greffier_rooms_requests",
                "Requests, by method, the route's template and the answer's status.",
                ("method", "route", "status"),
                registry=registry,
            ),
            request_seconds=Histogram(
                "greffier_rooms_request_seconds",
                "From a request's arrival to the beginning of its answer.",
                ("route",),
                buckets=_ANSWERS_SEC,
                registry=registry,
            ),
            tokens=Counter(
                "greffier_rooms_tokens",
                "Participant tokens issued, to speak or to read.",
                ("mode",),
                registry=registry,
            ),
            dispatches=Counter(
                "greffier_rooms_dispatches",
                "Times that LiveKit was asked to send our agent into a room.",
                registry=registry,
            ),
        )
        for mode in get_args(Mode):
            metrics.tokens.labels(mode)
        return metrics


class RequestCount:
    """Counts every answer, those of bugs (500) included."""

    def __init__(
        self, app: ASGIApp, metrics: RoomsMetrics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and look at the answer's first message."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = self._clock(), 500
        answered_sec: float | None = None

        async def watched(message: Message) -> None:
            nonlocal status, answered_sec
            if message["type"] == "http.response.start":
                status, answered_sec = message["status"], self._clock() - started
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = _template(scope)
            # A stranger chooses the method: an unknown one must not make a new series.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            if answered_sec is not None:
                self._metrics.request_seconds.labels(route).observe(answered_sec)


def _template(scope: Scope) -> str:
    route: Any = scope.get("route")
    return str(getattr(route, "path", UNKNOWN_ROUTE))
