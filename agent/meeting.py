"""One meeting: a TaskGroup that joins notice, audio, captions and lease, and ends them in order."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Coroutine
from datetime import UTC, datetime

from livekit import rtc

from agent.handover import Handover
from agent.lease_keeper import LeaseKeeper
from agent.listeners import Listeners
from agent.meeting_clock import MeetingClock
from agent.meeting_parts import Ending, Parts
from agent.off_record import OffRecord
from agent.patience import PatientRecogniser
from agent.room_audio import speaker_of
from agent.room_choices import RoomChoices
from agent.roster import Roster
from agent.track_tasks import TrackTasks
from pipelines.segments import to_ms
from storage.line import Heartbeat, Meeting, MeetingState

log = logging.getLogger(__name__)

LOOK = "greffier.look"
"""Topic of the server's packet that says: look at the record now."""
FLUSH_SEC = 60.0
"""How long the last finals may wait for the recognition process before they become gaps."""
SHOW_SEC = 5.0
ASIDE_SEC = 10.0
REASON_SEC = 1.0
NOTICE_RETRY_SEC = 1.0
RECONNECTING = rtc.ConnectionState.CONN_RECONNECTING
CLOSED = (rtc.DisconnectReason.ROOM_DELETED, rtc.DisconnectReason.ROOM_CLOSED)
UNHEARD = (rtc.ParticipantKind.PARTICIPANT_KIND_AGENT, rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS)


class MeetingAgent:
    """Lives from the connected room to the released lease. `stop` may be called at any time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._recogniser = PatientRecogniser(parts.recogniser)
        meeting_id = parts.lease.meeting_id
        self._clock = MeetingClock(parts.lease, wall=parts.now, monotonic=parts.monotonic)
        self._handover = Handover(parts.lease.before, meeting_id=meeting_id, clock=self._clock)
        self._choices = RoomChoices(parts.room)
        self._listeners = Listeners(
            meeting_id=meeting_id,
            open_stream=parts.open_stream,
            recogniser=self._recogniser,
            detector=parts.detector,
            detect=parts.detect,
            sink=parts.translations or parts.captions,
            settings=parts.settings,
            clock=self._clock,
            handover=self._handover,
            deaf=lambda: parts.room.connection_state == RECONNECTING,
            withheld=self._choices.withheld,
            spoken=self._choices.language,
            trace=parts.captions.watch.traces.utterance,
            monotonic=parts.monotonic,
            sleep=parts.sleep,
        )
        self._group = asyncio.TaskGroup()
        self._stop = asyncio.Event()
        self._lease = LeaseKeeper(parts, heard=self._heard, seen=self._follow, stop=self.stop)
        self._off_record = OffRecord(
            notice=parts.notice, choices=self._choices, look=self._listeners.look
        )
        self._telling: asyncio.Task[None] | None = None
        self._tracks = TrackTasks(
            captions=parts.captions,
            listeners=self._listeners,
            spawn=self._group.create_task,
            stop=self.stop,
            stopping=self._stop.is_set,
        )
        self._roster = Roster(functools.partial(parts.record.saw_participants, meeting_id))
        self._open = False
        self._closed = False
        self._disconnect = asyncio.Event()
        self._ending = Ending.STOPPED

    def stop(self, ending: Ending = Ending.STOPPED) -> None:
        """Finish what was heard, commit it, release the lease; the first reason counts."""
        if not self._stop.is_set():
            self._ending = ending
            self._stop.set()

    async def run(self) -> Ending:
        """The whole meeting. Returns once everything is flushed and the lease is released."""
        self._attend()
        async with self._group:
            helpers = [
                self._group.create_task(work)
                for work in (
                    self._lease.run(),
                    self._parts.captions.run(),
                    self._listeners.run(),
                    self._roster.run(),
                    self._begin(),
                )
            ]
            await self._stop.wait()
            await self._flush()
            if self._parts.translations is not None:
                await self._parts.translations.aclose()
            for task in helpers:
                task.cancel()
        await self._close()
        return self._ending

    # The beginning: nothing is heard before the notice is out.

    async def _begin(self) -> None:
        while True:
            try:
                meeting = await self._parts.record.meeting(self._parts.lease.meeting_id)
                self._off_record.want(meeting is not None and meeting.off_record)
                await self._off_record.tell()
                await self._parts.record.notice_given(self._parts.lease.meeting_id)
                break
            except Exception as error:  # noqa: BLE001 - whatever it was: not told, not transcribed
                log.warning("the notice is not out, trying again: %s", type(error).__name__)
                await asyncio.sleep(NOTICE_RETRY_SEC)
        self._open = True
        participants = list(self._parts.room.remote_participants.values())
        self._tracks.tell(self._handover.meet(participants))
        for participant in participants:
            self._joined(participant)
            for publication in list(participant.track_publications.values()):
                if publication.track is not None:
                    self._subscribed(publication.track, publication, participant)

    def _attend(self) -> None:
        room = self._parts.room
        room.on("track_subscribed", self._subscribed)
        room.on(
            "track_unsubscribed",
            lambda _track, publication, _who: self._listeners.unsubscribed(publication.sid),
        )
        room.on(
            "track_unpublished", lambda publication, _who: self._listeners.left(publication.sid)
        )
        for change in ("track_muted", "track_unmuted"):
            room.on(change, lambda *_: self._listeners.changed())
        room.on("participant_connected", self._joined)
        room.on("participant_active", self._joined)
        room.on("participant_name_changed", lambda who, *_names: self._joined(who))
        room.on("participant_attributes_changed", lambda *_: self._listeners.look())
        room.on("data_received", self._received)
        room.on("participant_disconnected", self._left)
        room.on("disconnected", self._disconnected)

    # Events of the room

    def _joined(self, participant: rtc.Participant) -> None:
        if not self._open or self._stop.is_set() or participant.kind in UNHEARD:
            return
        self._roster.saw(participant.identity, participant.name or participant.identity)
        # Data reaches a participant once their connection is up, not when they are announced.
        if participant.state == rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE:
            self._aside(self._parts.notice.tell(participant.identity))

    def _left(self, participant: rtc.RemoteParticipant) -> None:
        self._parts.notice.left(participant.identity)
        for sid in list(participant.track_publications):
            self._listeners.left(sid)

    def _disconnected(self, reason: object) -> None:
        self._closed = reason in CLOSED
        self._disconnect.set()
        self.stop(Ending.ROOM_CLOSED if reason in CLOSED else Ending.STOPPED)

    def _subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        if track.kind != rtc.TrackKind.KIND_AUDIO or not self._open or self._stop.is_set():
            return
        heard = self._listeners.add(track, publication, speaker_of(participant, publication))
        if heard is not None:
            self._tracks.hear(heard)

    def _received(self, packet: rtc.DataPacket) -> None:
        # Without a sender it is the server's, whom nobody in the room can imitate.
        if packet.topic == LOOK and packet.participant is None:
            self._lease.look()

    def _follow(self, meeting: Meeting) -> None:
        """What the record says of the meeting that goes on."""
        if not self._open:
            return
        to_tell = self._off_record.want(meeting.off_record)
        if to_tell and (self._telling is None or self._telling.done()):
            self._telling = self._aside(self._off_record.tell())

    def _heard(self) -> Heartbeat | None:
        """Until we listen, the predecessor's last word counts."""
        if not self._open:
            return None
        return Heartbeat(
            at=datetime.fromtimestamp(self._clock.wall(), UTC),
            meeting_ms=to_ms(self._clock.sample()),
            tracks=self._listeners.open_tracks(),
        )

    def _aside(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Work beside the meeting whose failure is only logged."""

        async def guarded() -> None:
            try:
                await asyncio.wait_for(work, ASIDE_SEC)
            except Exception as error:  # noqa: BLE001 - told or noted late is no reason to stop
                log.warning("a notice or a name was not written: %s", type(error).__name__)

        return self._group.create_task(guarded())

    # The end: finish, commit, show, hand the lease back.

    async def _flush(self) -> None:
        if self._ending is Ending.LEASE_LOST:
            self._tracks.cancel()
            return
        self._listeners.end()
        self._tracks.tell(self._handover.rest() if self._open else [])
        await self._tracks.done(FLUSH_SEC)
        self._recogniser.give_up()
        await self._tracks.done()
        self._aside(self._roster.flush())
        if self._parts.room.isconnected():
            await _within(SHOW_SEC, self._parts.captions.shown())

    async def _close(self) -> None:
        parts = self._parts
        if self._ending is Ending.LEASE_LOST:
            return
        if self._ending is Ending.STOPPED:
            # Closing a room, the server ends the job and disconnects us: in either order.
            await _within(REASON_SEC, self._disconnect.wait())
            if self._closed or not await self._room_exists():
                self._ending = Ending.ROOM_CLOSED
        if self._ending is Ending.ROOM_CLOSED:
            await parts.record.end_meeting(parts.lease.meeting_id)
        meeting = await parts.record.meeting(parts.lease.meeting_id)
        if meeting is None or meeting.state is not MeetingState.LIVE:
            try:
                await _within(SHOW_SEC, parts.notice.withdraw())
            except Exception as error:  # noqa: BLE001 - the room may be gone
                log.info("the notice was not withdrawn: %s", type(error).__name__)
        # Last: the minutes wait for it.
        await self._lease.release()

    async def _room_exists(self) -> bool:
        try:
            async with asyncio.timeout(SHOW_SEC):
                return await self._parts.room_exists()
        except Exception as error:  # noqa: BLE001 - who can't know leaves it to the reconciler
            log.info("whether the room is gone is not known: %s", type(error).__name__)
            return True


async def _within(seconds: float, work: Awaitable[object]) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(work, seconds)
