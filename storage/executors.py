"""Which jobs processes are alive: each counts its own row up, and the others see it grow."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import Database
from storage.tables import ExecutorRow
from storage.whole import whole


class ExecutorBook:
    """The rows of the jobs processes, by their executor ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @whole
    async def enter(self, executor: str) -> None:
        """This executor begins to live, or lives again."""
        try:
            async with self._database.begin() as session:
                if not await _grow(session, executor):
                    session.add(ExecutorRow(id=executor, beats=1))
        except IntegrityError:
            await self.beat(executor)  # a second process of that id: entered as well

    @whole
    async def beat(self, executor: str) -> bool:
        """A sign of life; False if it has been struck off meanwhile: its work is another's."""
        async with self._database.begin() as session:
            return await _grow(session, executor)

    @whole
    async def beats(self) -> dict[str, int]:
        """How far each has counted."""
        async with self._database.begin() as session:
            return {row.id: row.beats for row in await session.scalars(select(ExecutorRow))}

    @whole
    async def strike(self, executor: str, beats: int | None = None) -> bool:
        """Strike off who is dead, or leaves; with `beats`, only if it has not counted on since."""
        async with self._database.begin() as session:
            rows = delete(ExecutorRow).where(ExecutorRow.id == executor)
            if beats is not None:
                rows = rows.where(ExecutorRow.beats == beats)
            done = await session.execute(rows.returning(ExecutorRow.id))
            return done.scalar() is not None


async def _grow(session: AsyncSession, executor: str) -> bool:
    grown = await session.execute(
        update(ExecutorRow)
        .where(ExecutorRow.id == executor)
        .values(beats=ExecutorRow.beats + 1)
        .returning(ExecutorRow.id)
    )
    return grown.scalar() is not None
