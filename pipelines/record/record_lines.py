"""Segments and gaps as lines of the record."""

from __future__ import annotations

from pipelines.events import Gap, Segment
from storage.line import Line, LineWord


def line_of_segment(segment: Segment) -> Line:
    """The line of the record that a segment becomes."""
    return Line(
        id=segment.id,
        identity=segment.speaker.identity,
        name=segment.speaker.name,
        track_sid=segment.speaker.track_sid,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        text=segment.text,
        language=segment.language,
        confidence=segment.confidence,
        words=tuple(
            LineWord(
                text=word.text,
                start_ms=word.start_ms,
                end_ms=word.end_ms,
                probability=word.probability,
            )
            for word in segment.words
        ),
    )


def line_of_gap(gap: Gap) -> Line:
    """The line of the record that a gap becomes."""
    return Line(
        id=gap.id,
        identity=gap.speaker.identity,
        name=gap.speaker.name,
        track_sid=gap.speaker.track_sid,
        start_ms=gap.start_ms,
        end_ms=gap.end_ms,
        reason=gap.reason.value,
    )
