"""What a database says when a process can't start with it, in one line with the mend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.util.exc import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

_LONGEST = 200


class StorageError(Exception):
    """The database or the folder of results can't be used; the message says the mend."""


@contextmanager
def explained(url: str, setting: str) -> Iterator[None]:
    """Inside it the database of that URL is opened; its errors become StorageError."""
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        raise StorageError(
            f"{setting} is no database URL: write sqlite+aiosqlite:///FILE or postgresql+psycopg://…"
        ) from None
    try:
        yield
    except (NoSuchModuleError, ImportError) as error:
        raise StorageError(
            f"{shown}: there is no driver for it here ({_line(error)}); set {setting} to SQLite or "
            "PostgreSQL"
        ) from error
    except CommandError as error:
        raise StorageError(
            f"{shown}: its tables are not of this version ({_line(error)}): it was used by a newer "
            "Greffier; start that one"
        ) from error
    except (SQLAlchemyError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise StorageError(
            f"{shown} can't be used: {_line(cause)}; `greffier doctor` says more, {setting} is "
            "where it is set"
        ) from error


def _line(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:_LONGEST]
