"""A database that a process can't start with: one line, the mend, no password."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from storage.database import migrate
from storage.errors import StorageError


def said(url: str) -> str:
    with pytest.raises(StorageError) as caught:
        migrate(url)
    words = str(caught.value)
    assert "\n" not in words
    assert "GREFFIER_STORAGE__DATABASE_URL" in words
    return words


def sqlite(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def test_what_is_no_url() -> None:
    assert "write sqlite+aiosqlite:///FILE" in said("greffier.db")


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in said(sqlite(tmp_path / "file" / "greffier.db"))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "greffier.db").write_text("no database; " * 100)
    assert "not a database" in said(sqlite(tmp_path / "greffier.db"))


def test_a_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the wait that is set."""
    monkeypatch.setattr("storage.database.BUSY_MS", 50)
    with contextlib.closing(sqlite3.connect(tmp_path / "greffier.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "locked" in said(sqlite(tmp_path / "greffier.db"))


def test_a_server_that_is_away() -> None:
    words = said("postgresql+psycopg://g:hidden@127.0.0.1:9/g")
    assert "127.0.0.1" in words
    assert "hidden" not in words


def test_a_database_without_a_driver() -> None:
    assert "no driver" in said("mysql+aiomysql://g:hidden@127.0.0.1:9/g")
    assert "no driver" in said("nonsense://127.0.0.1/g")


def test_tables_of_a_newer_version(tmp_path: Path) -> None:
    """Going back to an older release must not guess."""
    url = sqlite(tmp_path / "greffier.db")
    migrate(url)
    with contextlib.closing(sqlite3.connect(tmp_path / "greffier.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    with pytest.raises(StorageError, match="newer Greffier"):
        migrate(url)
