"""Migrations: from nothing to the tables, the same as the code's, and once more without harm."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from storage.database import migrate, open_engine
from storage.tables import Base


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def test_the_migrated_schema_is_the_tables(database_url: str) -> None:
    engine = open_engine(database_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        # compare_metadata does not look at an index's WHERE, which is what makes this one right.
        catalogue = {
            "sqlite": "SELECT sql FROM sqlite_master WHERE name = :name",
            "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = :name",
        }
        index = await connection.execute(
            text(catalogue[engine.dialect.name]), {"name": "uq_meetings_live_room"}
        )
        definition = index.scalar_one()
        assert "WHERE" in definition
        assert "'live'" in definition
    await engine.dispose()


def test_migrating_makes_the_folder_and_may_be_repeated(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'new' / 'folder' / 'greffier.db'}"
    migrate(url)
    migrate(url)
    assert (tmp_path / "new" / "folder" / "greffier.db").is_file()


async def test_a_commit_is_on_disk_and_readers_do_not_wait(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'greffier.db'}")
    async with engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar_one() == value
    await engine.dispose()
