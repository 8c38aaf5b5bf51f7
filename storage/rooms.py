"""Rooms of our own and the identities held in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from storage.choice import Choice
from storage.database import Database
from storage.line import Organiser, Room
from storage.record import utc_now
from storage.tables import IdentityRow, RoomRow
from storage.whole import whole


class RoomBook:
    """The rooms that the rooms service has made."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._database = database
        self._now = now

    @whole
    async def create(self, room: Room) -> bool:
        """Write a new room; False if the name is taken."""
        try:
            async with self._database.begin() as session:
                session.add(
                    RoomRow(
                        name=room.name,
                        title=room.title,
                        language=room.language,
                        organisers=[asdict(one) for one in room.organisers],
                        transcribe=room.transcribe,
                        glossary=list(room.glossary),
                        spoken=room.spoken,
                        created_at=self._now(),
                    )
                )
        except IntegrityError:
            return False
        return True

    @whole
    async def get(self, name: str) -> Room | None:
        """A room by name; None for rooms that another product owns."""
        async with self._database.begin() as session:
            row = await session.get(RoomRow, name)
            return None if row is None else _room(row)

    @whole
    async def wanted(self) -> list[Room]:
        """Rooms whose people want transcription: what the reconciler keeps true."""
        async with self._database.begin() as session:
            rows = await session.scalars(select(RoomRow).where(RoomRow.transcribe.is_(True)))
            return [_room(row) for row in rows]

    @whole
    async def set_transcribe(self, name: str, wanted: bool) -> None:
        """Say whether the room is to be transcribed."""
        async with self._database.begin() as session:
            row = await session.get(RoomRow, name)
            if row is not None:
                row.transcribe = wanted

    @whole
    async def claim_identity(self, room: str, identity: str) -> bool:
        """Hold an identity; False if it is held already (then its last token is the proof)."""
        try:
            async with self._database.begin() as session:
                session.add(IdentityRow(room=room, identity=identity, created_at=self._now()))
        except IntegrityError:
            return False
        return True

    @whole
    async def choice(self, room: str, identity: str) -> Choice:
        """What the holder of an identity has chosen; nothing of one that nobody holds."""
        async with self._database.begin() as session:
            row = await session.get(IdentityRow, (room, identity))
            if row is None:
                return Choice()
            return Choice(language=row.language, opted_out=bool(row.opted_out))

    @whole
    async def choose(self, room: str, identity: str, choice: Choice) -> bool:
        """Keep what the holder of an identity has chosen; False if nobody holds it here."""
        async with self._database.begin() as session:
            row = await session.get(IdentityRow, (room, identity))
            if row is not None:
                row.language, row.opted_out = choice.language, choice.opted_out
            return row is not None


def _room(row: RoomRow) -> Room:
    return Room(
        name=row.name,
        title=row.title,
        language=row.language,
        organisers=tuple(Organiser(**one) for one in row.organisers),
        transcribe=row.transcribe,
        glossary=tuple(row.glossary or ()),
        spoken=row.spoken,
    )
