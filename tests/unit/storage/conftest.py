"""Everything about the record holds on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import migrate


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database with the newest schema."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'greffier.db'}"
    else:
        url = request.getfixturevalue("postgres_cluster").new_database()
    migrate(url)
    return url
