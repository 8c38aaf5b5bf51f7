"""The record of meetings: leases, lines, states. Each method is one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.line import Heartbeat, Lease, Line, Meeting, MeetingState, Organiser
from storage.rows import heartbeat_of, line_of, line_row, meeting_of, note
from storage.tables import ArtefactRow, LineRow, MeetingRow, ParticipantRow
from storage.whole import whole


class LeaseLost(Exception):
    """Another agent has taken the meeting over; stop writing, the newcomer goes on."""


def utc_now() -> datetime:
    """The wall clock; tests inject their own."""
    return datetime.now(UTC)


class Record:
    """Meetings and their lines. `now` is injected so that leases can be tested without waiting."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    # Meetings

    @whole
    async def open_meeting(
        self, *, room: str, title: str, language: str, organisers: Sequence[Organiser] = ()
    ) -> Meeting:
        """The room's live meeting; begun now if there is none. Racing callers get the same one."""
        row = MeetingRow(
            id=str(uuid.uuid4()),
            room=room,
            title=title,
            language=language,
            organisers=[asdict(one) for one in organisers],
            state=MeetingState.LIVE,
            started_at=self._now(),
            fence=0,
            last_seq=0,
        )
        try:
            async with self._database.begin() as session:
                found = await _live(session, room)
                if found is not None:
                    return meeting_of(found)
                session.add(row)
        except IntegrityError:
            # On a database without our write lock at begin, another caller won between the two.
            async with self._database.begin() as session:
                found = await _live(session, room)
                if found is None:
                    raise
                return meeting_of(found)
        return meeting_of(row)

    @whole
    async def live_meeting(self, room: str) -> Meeting | None:
        """The room's live meeting, if there is one."""
        async with self._database.begin() as session:
            row = await _live(session, room)
            return None if row is None else meeting_of(row)

    @whole
    async def latest_meeting(self, room: str) -> Meeting | None:
        """The room's newest meeting in any state."""
        async with self._database.begin() as session:
            query = select(MeetingRow).where(MeetingRow.room == room)
            row = await session.scalar(query.order_by(MeetingRow.started_at.desc()).limit(1))
            return None if row is None else meeting_of(row)

    @whole
    async def meeting(self, meeting_id: str) -> Meeting | None:
        """A meeting by its id."""
        async with self._database.begin() as session:
            row = await session.get(MeetingRow, meeting_id)
            return None if row is None else meeting_of(row)

    @whole
    async def meetings(self, state: MeetingState) -> list[Meeting]:
        """All meetings in `state`, oldest first."""
        async with self._database.begin() as session:
            query = select(MeetingRow).where(MeetingRow.state == state)
            rows = await session.scalars(query.order_by(MeetingRow.started_at))
            return [meeting_of(row) for row in rows]

    @whole
    async def notice_given(self, meeting_id: str) -> None:
        """The people in the room have been told; kept as proof, the first time counts."""
        async with self._database.begin() as session:
            await session.execute(
                update(MeetingRow)
                .where(MeetingRow.id == meeting_id, MeetingRow.notice_at.is_(None))
                .values(notice_at=self._now())
            )

    @whole
    async def set_off_record(self, meeting_id: str, off_record: bool) -> None:
        """Whether what is said is kept out of the record from now on."""
        async with self._database.begin() as session:
            await session.execute(
                update(MeetingRow).where(MeetingRow.id == meeting_id).values(off_record=off_record)
            )

    @whole
    async def end_meeting(self, meeting_id: str) -> None:
        """live → ended; anything else is left as it is."""
        await self._move(meeting_id, (MeetingState.LIVE,), MeetingState.ENDED, "ended_at")

    @whole
    async def mark_delivered(self, meeting_id: str) -> None:
        """ended → delivered."""
        await self._move(meeting_id, (MeetingState.ENDED,), MeetingState.DELIVERED, "delivered_at")

    @whole
    async def mark_failed(self, meeting_id: str, error: str) -> None:
        """ended → failed, with the line that people are shown."""
        async with self._database.begin() as session:
            await session.execute(
                update(MeetingRow)
                .where(MeetingRow.id == meeting_id, MeetingRow.state == MeetingState.ENDED)
                .values(state=MeetingState.FAILED, error=error[:500])
            )

    async def _move(
        self, meeting_id: str, sources: tuple[MeetingState, ...], target: MeetingState, stamp: str
    ) -> None:
        async with self._database.begin() as session:
            await session.execute(
                update(MeetingRow)
                .where(MeetingRow.id == meeting_id, MeetingRow.state.in_(sources))
                .values({"state": target, stamp: self._now()})
            )

    # Leases

    @whole
    async def take_lease(self, meeting_id: str, *, holder: str, ttl_sec: float) -> Lease | None:
        """The lease, if it is free, run out, or already this holder's; else None."""
        async with self._database.begin() as session:
            row = await session.get(MeetingRow, meeting_id, with_for_update=True)
            if row is None or row.state != MeetingState.LIVE:
                return None
            now = self._now()
            held = row.lease_until is not None and row.lease_until > now
            if row.holder != holder:
                if held:
                    return None
                row.holder, row.fence = holder, row.fence + 1
            row.lease_until = now + timedelta(seconds=ttl_sec)
            before = await _heartbeat(session, row)
            return Lease(
                meeting_id=row.id, fence=row.fence, started_at=row.started_at, before=before
            )

    @whole
    async def renew_lease(
        self, lease: Lease, *, ttl_sec: float, heartbeat: Heartbeat | None = None
    ) -> Meeting:
        """The sign of life, with what is heard; returns the meeting as it is now.

        Raises LeaseLost if another holder came.

        An ended meeting stays its holder's until the last lines are written; delivery waits for it.
        """
        async with self._database.begin() as session:
            row = await _fenced(session, lease)
            if row.holder is None:
                raise LeaseLost("the lease was given back")
            row.lease_until = self._now() + timedelta(seconds=ttl_sec)
            note(row, heartbeat)
            return meeting_of(row)

    @whole
    async def release_lease(self, lease: Lease, heartbeat: Heartbeat | None = None) -> None:
        """Give the lease back, with the last heartbeat; silent if it is somebody else's by now."""
        async with self._database.begin() as session:
            row = await session.get(MeetingRow, lease.meeting_id, with_for_update=True)
            if row is not None and row.fence == lease.fence:
                row.lease_until = row.holder = None
                note(row, heartbeat)

    # Lines

    @whole
    async def commit(self, lease: Lease, line: Line) -> int:
        """Write one line durably and return its `seq`; a line committed before keeps its own.

        Raises LeaseLost when a newer agent holds the meeting: the line must not be shown.
        """
        async with self._database.begin() as session:
            row = await _fenced(session, lease)
            known = await session.get(LineRow, line.id)
            if known is not None:
                return known.seq
            row.last_seq += 1
            session.add(line_row(line, lease.meeting_id, row.last_seq, self._now()))
            return row.last_seq

    @whole
    async def lines(self, meeting_id: str, *, after: int = 0) -> list[Line]:
        """Committed lines with `seq` > `after`, in the order of `seq`."""
        async with self._database.begin() as session:
            query = select(LineRow).where(LineRow.meeting_id == meeting_id, LineRow.seq > after)
            return [line_of(row) for row in await session.scalars(query.order_by(LineRow.seq))]

    # Participants and artefacts

    async def saw_participant(self, meeting_id: str, identity: str, name: str) -> None:
        """A person is in the meeting; a later name replaces an earlier one."""
        await self.saw_participants(meeting_id, {identity: name})

    @whole
    async def saw_participants(self, meeting_id: str, names: Mapping[str, str]) -> None:
        """Several at once, in one transaction; `names` by identity."""
        try:
            await self._name(meeting_id, names)
        except IntegrityError:
            # As with a meeting: another caller wrote a row between our look and our write.
            await self._name(meeting_id, names)

    async def _name(self, meeting_id: str, names: Mapping[str, str]) -> None:
        async with self._database.begin() as session:
            query = select(ParticipantRow).where(ParticipantRow.meeting_id == meeting_id)
            known = {row.identity: row for row in await session.scalars(query)}
            for identity, name in names.items():
                if identity in known:
                    known[identity].name = name
                else:
                    row = ParticipantRow(
                        meeting_id=meeting_id, identity=identity, name=name, joined_at=self._now()
                    )
                    session.add(row)

    @whole
    async def participants(self, meeting_id: str) -> dict[str, str]:
        """Name by identity of everyone seen, in the order of joining."""
        async with self._database.begin() as session:
            query = select(ParticipantRow).where(ParticipantRow.meeting_id == meeting_id)
            rows = await session.scalars(query.order_by(ParticipantRow.joined_at))
            return {row.identity: row.name for row in rows}

    @whole
    async def saw_artefact(self, meeting_id: str, kind: str, path: str, sha256: str) -> None:
        """A file was made of the meeting; made again, it replaces the row."""
        async with self._database.begin() as session:
            await session.merge(
                ArtefactRow(
                    meeting_id=meeting_id,
                    kind=kind,
                    path=path,
                    sha256=sha256,
                    created_at=self._now(),
                )
            )

    @whole
    async def artefacts(self, meeting_id: str) -> dict[str, str]:
        """Path by kind."""
        async with self._database.begin() as session:
            query = select(ArtefactRow).where(ArtefactRow.meeting_id == meeting_id)
            return {row.kind: row.path for row in await session.scalars(query)}


async def _live(session: AsyncSession, room: str) -> MeetingRow | None:
    query = select(MeetingRow).where(MeetingRow.room == room, MeetingRow.state == MeetingState.LIVE)
    return (await session.scalars(query)).one_or_none()


async def _fenced(session: AsyncSession, lease: Lease) -> MeetingRow:
    row = await session.get(MeetingRow, lease.meeting_id, with_for_update=True)
    if row is None or row.fence != lease.fence:
        raise LeaseLost("another agent has taken this meeting over")
    return row


async def _heartbeat(session: AsyncSession, row: MeetingRow) -> Heartbeat | None:
    """The last one; what was committed after it is settled too."""
    ends = select(LineRow.track_sid, func.max(LineRow.end_ms)).group_by(LineRow.track_sid)
    found = await session.execute(ends.where(LineRow.meeting_id == row.id))
    return heartbeat_of(row, committed_ms={str(sid): int(end_ms) for sid, end_ms in found})
