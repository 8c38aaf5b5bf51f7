"""What to do about a room, from what is seen of it. No I/O, no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSeen:
    """A room at one moment; `*_at` and `*_since` are seconds of one monotonic clock.

    `own` rooms have a row in the book; others belong to another product. `peopled`: somebody is
    there for whom a meeting goes on. `leased`: an agent holds the live meeting and renews it.
    """

    room: str
    own: bool
    wanted: bool
    peopled: bool
    empty_since: float | None
    meeting_id: str | None
    leased: bool
    dispatched_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForAgent:
    """Nobody transcribes this room, and people in it want it."""

    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMeeting:
    """The meeting is over; `own` says whether the room's metadata is ours to write."""

    room: str
    meeting_id: str
    own: bool


Action = AskForAgent | EndMeeting


def decide(
    seen: RoomSeen, *, now: float, empty_grace_sec: float, patience_sec: float
) -> Action | None:
    """The one thing to do now. `patience_sec`: time an agent is given to answer a dispatch."""
    if seen.meeting_id is not None:
        stopped = seen.own and not seen.wanted
        empty = (
            not seen.peopled
            and seen.empty_since is not None
            and now - seen.empty_since >= empty_grace_sec
        )
        if stopped or empty:
            return EndMeeting(room=seen.room, meeting_id=seen.meeting_id, own=seen.own)
    if not (seen.own and seen.wanted and seen.peopled) or seen.leased:
        return None
    if seen.dispatched_at is not None and now - seen.dispatched_at < patience_sec:
        return None
    return AskForAgent(room=seen.room)
