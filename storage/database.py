"""The database: one engine a process, SQLite by default, any SQLAlchemy async URL otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from storage.errors import explained

BUSY_MS = 10_000
"""How long a writer waits for another's lock before it is an error."""


def open_engine(url: str) -> AsyncEngine:
    """An engine for `url`. SQLite gets WAL (readers don't wait) and FULL (a commit is on disk)."""
    engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # transactions are begun below, not by the driver
            cursor = connection.cursor()
            for pragma in (
                f"busy_timeout={BUSY_MS}",  # first: the next one waits for the lock too
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def _immediate(connection: Any) -> None:
            # A deferred transaction that reads and then writes fails at once with "database is
            # locked" when another process wrote between; taking the write lock first waits.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def migrate(url: str) -> None:
    """Bring the schema to its newest version; safe to call from several processes in turn.

    Raises StorageError.
    """
    with explained(url, "GREFFIER_STORAGE__DATABASE_URL"):
        make_folder_of(url)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.attributes["url"] = url
        command.upgrade(config, "head")


def make_folder_of(url: str) -> None:
    """SQLite makes its file, and not the folder."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)


class Database:
    """Sessions over one engine; every `begin()` block is one transaction."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end of the block, or rolled back on error."""
        async with self._sessions.begin() as session:
            yield session

    async def close(self) -> None:
        """Release the connections."""
        await self._engine.dispose()
