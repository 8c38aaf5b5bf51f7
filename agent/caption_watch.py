"""What is counted, timed and traced of a meeting's captions, in one place.

Times are from the spoken sample: both it and the caption's leaving are on the meeting's clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry.trace import NoOpTracer

from agent.metrics import MeetingMetrics
from agent.outbox import utterance_of
from agent.utterance_trace import UtteranceTraces
from pipelines.events import (
    CaptionEvent,
    DroppedCaption,
    FinalCaption,
    Gap,
    GapCaption,
    PartialCaption,
    Segment,
    TranslatedCaption,
)


class CaptionWatch:
    """Told by `RoomCaptions`. `zero_sec`: the meeting's beginning; `now`: Unix time in seconds."""

    def __init__(
        self,
        *,
        zero_sec: float,
        metrics: MeetingMetrics | None = None,
        traces: UtteranceTraces | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.metrics = metrics or MeetingMetrics.make()
        self.traces = traces or UtteranceTraces(NoOpTracer(), zero_sec=zero_sec)
        self._zero_sec = zero_sec
        self._now = now
        self._begun: set[str] = set()

    @contextmanager
    def committing(self, line: Segment | Gap) -> Iterator[None]:
        """Inside it a line is written; once it is, its caption waits to be shown."""
        with self.traces.commit():
            yield
        self.traces.waits(line.id)
        match line:
            case Segment():
                self.metrics.utterances.inc()
            case Gap():
                self.metrics.gaps.labels(line.reason.value).inc()
                seconds = max(line.end_ms - line.start_ms, 0) / 1000
                self.metrics.gap_seconds.labels(line.reason.value).inc(seconds)

    def commit_failed(self) -> None:
        """A line could not be written and is tried again."""
        self.metrics.commit_retries.inc()

    def shown(self, caption: CaptionEvent, *, sent: bool) -> None:
        """The caption has left for the room, or was given up."""
        counter = self.metrics.captions_shown if sent else self.metrics.captions_unshown
        counter.labels(_kind(caption)).inc()
        utterance_id = utterance_of(caption)
        if sent:
            self._time(caption, utterance_id)
        if not isinstance(caption, PartialCaption):
            self._begun.discard(utterance_id)
            self.traces.shown(utterance_id)

    def _time(self, caption: CaptionEvent, utterance_id: str) -> None:
        match caption:
            case PartialCaption(start_ms=start_ms):
                end_ms = None
            case FinalCaption(segment=segment):
                start_ms, end_ms = segment.start_ms, segment.end_ms
            case TranslatedCaption() | GapCaption() | DroppedCaption():
                return
        if utterance_id not in self._begun:
            self._begun.add(utterance_id)
            self.metrics.first_text_seconds.observe(self._since(start_ms))
        if end_ms is not None:
            self.metrics.final_seconds.observe(self._since(end_ms))

    def _since(self, meeting_ms: int) -> float:
        return max(self._now() - self._zero_sec - meeting_ms / 1000, 0.0)


def _kind(caption: CaptionEvent) -> str:
    match caption:
        case PartialCaption():
            return "partial"
        case FinalCaption():
            return "final"
        case TranslatedCaption():
            return "translated"
        case GapCaption():
            return "gap"
        case DroppedCaption():
            return "dropped"
