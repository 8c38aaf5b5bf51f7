"""Fixtures of every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import Database, migrate
from storage.record import Record
from tests import postgres


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server, started when the first test asks."""
    with postgres.cluster() as running:
        yield running


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """A fresh database with the newest schema."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'greffier.db'}"
    migrate(url)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def record(database: Database) -> Record:
    return Record(database)
