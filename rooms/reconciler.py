"""Makes what runs equal to what is wanted: an agent where people want one, an end where nobody is.

LiveKit drops a dispatch when no worker is free and never repeats it, and its webhooks may be lost;
so the truth is looked at every few seconds, and events only make the next look come sooner.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from rooms.decision import AskForAgent, EndMeeting, RoomSeen, decide
from rooms.errors import LiveKitUnavailable
from rooms.livekit_api import Dispatch, RoomControl
from storage.line import Meeting, MeetingState
from storage.record import Record
from storage.rooms import RoomBook

_log = logging.getLogger("greffier.rooms")

PATIENCE_SEC = 4.0
"""A dispatch that no worker has taken after this was dropped; ask again."""

START_SEC = 15.0
"""An accepted job has this long to start its process and take the lease."""

_EAGER_SEC = 8.0
"""After an event, look often for this long: a person joins some seconds after their token."""

_EAGER_EVERY_SEC = 0.5


class Reconciler:
    """One per rooms process; several may run, for the lease in the record decides.

    `now` is a monotonic clock in seconds, `wall` the Unix time; tests give their own.
    `dispatched` is called whenever LiveKit was asked for an agent.
    """

    def __init__(
        self,
        *,
        control: RoomControl,
        record: Record,
        book: RoomBook,
        every_sec: float,
        empty_grace_sec: float,
        woken: asyncio.Event,
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        dispatched: Callable[[], None] = lambda: None,
    ) -> None:
        self._control, self._record, self._book = control, record, book
        self._every_sec, self._empty_grace_sec = every_sec, empty_grace_sec
        self._woken, self._now, self._wall = woken, now, wall
        self._dispatched = dispatched
        self._empty_since: dict[str, float] = {}
        self._dispatched_at: dict[str, float] = {}
        self._failing = ""
        self._stopping = False

    def stop(self) -> None:
        """End `run` after the look that it may be in."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Until `stop`. A database or LiveKit that is down is logged once, and tried again."""
        eager_until = 0.0
        while not self._stopping:
            await self._survive()
            eager = self._now() < eager_until
            pause = min(_EAGER_EVERY_SEC, self._every_sec) if eager else self._every_sec
            with suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it swallows a cancellation that meets the event.
                async with asyncio.timeout(pause):
                    await self._woken.wait()
                eager_until = self._now() + _EAGER_SEC
                self._woken.clear()
                # A storm of joins must not become a storm of questions to LiveKit.
                await asyncio.sleep(min(0.1, self._every_sec))

    async def _survive(self) -> None:
        try:
            await self.look()
        except (LiveKitUnavailable, SQLAlchemyError, OSError) as error:
            problem = str(error) if isinstance(error, LiveKitUnavailable) else type(error).__name__
            if problem != self._failing:
                _log.warning("rooms can't be looked after: %s; trying on", problem)
            self._failing = problem
        except Exception:  # noqa: BLE001 - this task brings agents back: no bug may end it
            _log.exception("a look at the rooms failed; trying on")
        else:
            if self._failing:
                _log.info("rooms are looked after again")
            self._failing = ""

    async def look(self) -> None:
        """Look at every room that matters once, and act."""
        active = await self._control.active_rooms()
        meetings = {one.room: one for one in await self._record.meetings(MeetingState.LIVE)}
        wanted = {room.name for room in await self._book.wanted()} & active
        names = sorted(wanted | set(meetings))
        self._forget(names)
        problem: LiveKitUnavailable | None = None
        for name in names:
            try:
                seen = await self._see(name, meetings.get(name), gone=name not in active)
                await self._act(seen)
            except LiveKitUnavailable as error:
                problem = problem or error  # one room's trouble must not keep the others waiting
        if problem is not None:
            raise problem

    async def _act(self, seen: RoomSeen) -> None:
        action = decide(
            seen,
            now=self._now(),
            empty_grace_sec=self._empty_grace_sec,
            patience_sec=PATIENCE_SEC,
        )
        match action:
            case AskForAgent():
                await self._ask(action.room)
            case EndMeeting():
                await self._end(action)
            case None:
                pass

    async def _see(self, name: str, meeting: Meeting | None, *, gone: bool) -> RoomSeen:
        people = [] if gone else await self._control.people(name)
        # Read after the people: a stop in between must not be followed by a dispatch.
        room = await self._book.get(name)
        # In a room of ours a reader alone has nobody to read, and a page left open must not keep
        # a meeting from ending. Another product's rights change by its own rules: all count.
        peopled = any(person.may_speak or room is None for person in people)
        if peopled:
            self._empty_since.pop(name, None)
        else:
            self._empty_since.setdefault(name, self._now())
        return RoomSeen(
            room=name,
            own=room is not None,
            wanted=room is not None and room.transcribe,
            peopled=peopled,
            empty_since=self._empty_since.get(name),
            meeting_id=meeting.id if meeting else None,
            leased=meeting is not None and self._leased(meeting),
            dispatched_at=self._dispatched_at.get(name),
        )

    def _leased(self, meeting: Meeting) -> bool:
        if meeting.holder is None or meeting.lease_until is None:
            return False
        return meeting.lease_until > datetime.fromtimestamp(self._wall(), UTC)

    async def _ask(self, room: str) -> None:
        """Dispatch our agent, unless one is on its way; take stale dispatches back first."""
        found = await self._control.dispatches(room)
        if any(self._on_its_way(one) for one in found):
            return
        for one in found:
            await self._control.delete_dispatch(room, one.id)
        self._dispatched_at[room] = self._now()
        await self._control.create_dispatch(room)
        self._dispatched()
        _log.info("asked for the agent in room %s", room)

    def _on_its_way(self, one: Dispatch) -> bool:
        """Another rooms process may have asked a moment ago, or a busy worker be starting."""
        wall = self._wall()
        if one.running_since is not None:
            return wall - one.running_since < START_SEC
        return wall - one.created_at < PATIENCE_SEC

    async def _end(self, action: EndMeeting) -> None:
        await self._record.end_meeting(action.meeting_id)
        _log.info("meeting %s in room %s is over", action.meeting_id, action.room)
        if action.own:
            await announce_off(self._control, action.room)

    def _forget(self, names: list[str]) -> None:
        """Keep memory flat: only rooms that still matter are remembered."""
        for memory in (self._empty_since, self._dispatched_at):
            for gone in memory.keys() - set(names):
                del memory[gone]


async def announce_off(control: RoomControl, room: str) -> None:
    """Tell a room of ours that it is not transcribed any more. May raise LiveKitUnavailable."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    await control.set_transcription(room, {"transcription": "off", "meeting": None, "since": since})
