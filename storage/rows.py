"""The values of the record as rows of its tables, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from storage.line import (
    Heartbeat,
    Line,
    LineWord,
    Meeting,
    MeetingState,
    OpenTrack,
    Organiser,
)
from storage.tables import LineRow, MeetingRow


def meeting_of(row: MeetingRow) -> Meeting:
    """The meeting of a row."""
    return Meeting(
        id=row.id,
        room=row.room,
        title=row.title,
        language=row.language,
        organisers=tuple(Organiser(**one) for one in row.organisers),
        state=MeetingState(row.state),
        started_at=row.started_at,
        notice_at=row.notice_at,
        ended_at=row.ended_at,
        delivered_at=row.delivered_at,
        error=row.error,
        holder=row.holder,
        lease_until=row.lease_until,
        off_record=bool(row.off_record),
    )


def line_row(line: Line, meeting_id: str, seq: int, now: datetime) -> LineRow:
    """The row of a line that is committed now."""
    return LineRow(
        id=line.id,
        meeting_id=meeting_id,
        seq=seq,
        kind="segment" if line.reason is None else "gap",
        identity=line.identity,
        name=line.name,
        track_sid=line.track_sid,
        start_ms=line.start_ms,
        end_ms=line.end_ms,
        text=line.text,
        language=line.language,
        confidence=line.confidence,
        words=[[w.text, w.start_ms, w.end_ms, round(w.probability, 4)] for w in line.words],
        reason=line.reason,
        created_at=now,
    )


def line_of(row: LineRow) -> Line:
    """The line of a row."""
    return Line(
        id=row.id,
        seq=row.seq,
        identity=row.identity,
        name=row.name,
        track_sid=row.track_sid,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=row.text,
        language=row.language,
        confidence=row.confidence,
        words=tuple(
            LineWord(text=text, start_ms=start, end_ms=end, probability=probability)
            for text, start, end, probability in row.words
        ),
        reason=row.reason,
    )


def note(row: MeetingRow, heartbeat: Heartbeat | None) -> None:
    """Write what an agent says of its meeting; nothing where it says nothing."""
    if heartbeat is not None:
        row.heartbeat_at, row.heartbeat_ms = heartbeat.at, heartbeat.meeting_ms
        row.open_tracks = [
            [one.identity, one.name, one.track_sid, one.settled_ms, one.reason]
            for one in heartbeat.tracks
        ]


def heartbeat_of(row: MeetingRow, committed_ms: Mapping[str, int]) -> Heartbeat | None:
    """What an agent said last; a track is settled as far as it is `committed_ms`, by its sid."""
    if row.heartbeat_at is None or row.heartbeat_ms is None:
        return None
    return Heartbeat(
        at=row.heartbeat_at,
        meeting_ms=row.heartbeat_ms,
        tracks=tuple(
            OpenTrack(
                identity=identity,
                name=name,
                track_sid=sid,
                settled_ms=max(settled_ms, committed_ms.get(sid, 0)),
                reason=reason,
            )
            for identity, name, sid, settled_ms, reason in (
                (*track, "")[:5]
                for track in row.open_tracks or ()  # older ones have no reason
            )
        ),
    )
