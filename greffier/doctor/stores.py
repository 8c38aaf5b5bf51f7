"""What is written to: the record's database, that of the jobs, the folder of results."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import create_async_engine

from greffier.doctor.finding import Finding, one_line
from greffier.settings import Settings

LOCK_SEC = 2.0
"""A process of ours holds the write lock for milliseconds."""
LITTLE_BYTES = 1 << 30


async def check_database(settings: Settings) -> Finding:
    """Can the record be written?"""
    return await _database(
        "database", settings.storage.database_url, "GREFFIER_STORAGE__DATABASE_URL"
    )


async def check_jobs(settings: Settings) -> Finding:
    """Can the jobs' checkpoints be written?"""
    return await _database(
        "jobs", settings.jobs.system_database_url, "GREFFIER_JOBS__SYSTEM_DATABASE_URL"
    )


async def _database(part: str, setting: str, name: str) -> Finding:
    try:
        url = make_url(setting)
    except ArgumentError:
        words = f"{name} is no database URL: write sqlite+aiosqlite:///FILE or postgresql+…://…"
        return Finding(part=part, well=False, words=words)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        wrong, note = await asyncio.to_thread(_sqlite, url)
    else:
        wrong, note = await _server(url)
    if wrong:
        return Finding(part=part, well=False, words=f"{shown}: {wrong}; or set {name}")
    return Finding(part=part, well=True, words=f"{shown}{note}")


def _sqlite(url: URL) -> tuple[str, str]:
    """What is wrong, with its mend, or empty; and a note. Nothing is made by looking."""
    file = Path(url.database or "").absolute()
    if not file.exists():
        wrong = _unwritable(file.parent)
        return (wrong, "") if wrong else ("", "; made at the first start")
    try:
        # Not through the engine: it waits long for a lock, and sets up what it opens.
        with closing(
            sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=LOCK_SEC)
        ) as database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return f"another program holds it locked: end that (`fuser {file}` names it)", ""
        return f"it can't be opened for writing ({error}): mend the rights of the file", ""
    except sqlite3.DatabaseError as error:
        return f"{error}: put a backup in its place, or move it away to begin anew", ""
    return "", ""


async def _server(url: URL) -> tuple[str, str]:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")  # as DBOS understands it
    try:
        engine = create_async_engine(url)
        try:
            async with engine.connect() as connection:
                found = await connection.scalar(text("SHOW transaction_read_only"))
        finally:
            await engine.dispose()
    except Exception as error:  # noqa: BLE001 - drivers raise their own kinds; each means the same
        cause = error.__cause__ or error
        return f"{one_line(cause)[:200]}: check address, user and password, and that it runs", ""
    return ("it takes no writes (a standby?): use the primary", "") if found == "on" else ("", "")


async def check_results(settings: Settings) -> Finding:
    """Can files be written, and is there room for them?"""
    folder = settings.storage.results.absolute()
    name = "GREFFIER_STORAGE__RESULTS"
    wrong = await asyncio.to_thread(_unwritable, folder)
    if wrong:
        return Finding(part="results", well=False, words=f"{folder}: {wrong}, or set {name}")
    free = shutil.disk_usage(_there(folder)).free
    if free < LITTLE_BYTES:
        words = f"{folder}: {free / 1e6:.0f} MB are left on its disk: make room, or set {name}"
        return Finding(part="results", well=False, words=words)
    return Finding(part="results", well=True, words=f"{folder}; {free / 1e9:.0f} GB free")


def _there(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def _unwritable(folder: Path) -> str:
    place = _there(folder)
    if not place.is_dir():
        return f"{place} is not a folder: move it away"
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return f"{place} can't be written ({error.strerror}): mend its rights"
