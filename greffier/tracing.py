"""Traces of utterances, over OTLP to a collector; without its address nothing is kept or sent.

The provider is ours alone: livekit-agents traces by the global one, with names of rooms and people
in its spans.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

SCOPE = "greffier"


class TracesSettings(BaseModel):
    """Traces of utterances. OTEL_EXPORTER_OTLP_ENDPOINT and its like are understood too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: str = Field(
        default="",
        pattern=r"^(https?://.+)?$",
        description="Where spans go, by OTLP over HTTP: as http://127.0.0.1:4318/v1/traces",
    )


@contextmanager
def tracing(endpoint: str, service: str) -> Iterator[Tracer]:
    """A tracer of this process; leaving sends what waits. Other OTEL_* variables hold as usual."""
    from opentelemetry.trace import NoOpTracer  # noqa: PLC0415

    if not endpoint:
        yield NoOpTracer()
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    try:
        yield provider.get_tracer(SCOPE)
    finally:
        provider.shutdown()
