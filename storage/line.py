"""The values of the record, as they are stored: meetings, leases, lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MeetingState(StrEnum):
    """live → ended → delivered, or failed with a reason that people can see."""

    LIVE = "live"
    ENDED = "ended"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """Who gets the minutes by e-mail; `language` is fr or en."""

    email: str
    name: str
    language: str = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room of our own. `transcribe` is what its people want now, not what runs.

    `language` is that of its minutes; `spoken` the only one that is spoken, None: to be detected.
    """

    name: str
    title: str
    language: str
    organisers: tuple[Organiser, ...]
    transcribe: bool
    glossary: tuple[str, ...] = ()
    spoken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One sitting in a room. `started_at` is the zero of meeting time.

    `off_record`: its people want nothing of it heard for now.
    """

    id: str
    room: str
    title: str
    language: str
    organisers: tuple[Organiser, ...]
    state: MeetingState
    started_at: datetime
    notice_at: datetime | None
    ended_at: datetime | None
    delivered_at: datetime | None
    error: str | None
    holder: str | None
    lease_until: datetime | None
    off_record: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTrack:
    """A track that was not muted. All of it up to `settled_ms` is in the record, or was silence.

    `reason`: why it was not heard from there on, where somebody wanted so; else empty.
    """

    identity: str
    name: str
    track_sid: str
    settled_ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What an agent last said: at `at` by the wall clock, `meeting_ms` by the meeting's."""

    at: datetime
    meeting_ms: int
    tracks: tuple[OpenTrack, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write a meeting's lines: valid while nobody took a higher `fence`.

    `before`: the last heartbeat of the holder before; None in a meeting that nobody heard yet.
    """

    meeting_id: str
    fence: int
    started_at: datetime
    before: Heartbeat | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWord:
    """A word with its times in meeting milliseconds."""

    text: str
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the record: a segment (`reason` None) or a gap (`reason` set, text empty).

    `seq` is 0 until the line is committed.
    """

    id: str
    seq: int = 0
    identity: str
    name: str
    track_sid: str
    start_ms: int
    end_ms: int
    text: str = ""
    language: str = ""
    confidence: float = 0.0
    words: tuple[LineWord, ...] = ()
    reason: str | None = None
