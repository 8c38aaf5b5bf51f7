"""Where a command shall write: looked at before the work, which may take an hour, is done."""

from __future__ import annotations

import os
from pathlib import Path

import typer


def writable(path: Path | None) -> Path | None:
    """Return the path that an option gives. Raises BadParameter where nothing can be written."""
    if path is None:
        return None
    there = path.absolute()
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if there == path.absolute():
        fine = os.access(there, os.W_OK)
    else:
        fine = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    if not fine:
        raise typer.BadParameter(f"{there} can't be written to; name another place")
    return path


def writable_folder(path: Path | None) -> Path | None:
    """As `writable`, for a folder that may not be there yet."""
    if path is not None and path.exists() and not path.is_dir():
        raise typer.BadParameter(f"{path} is no folder; name another place")
    return writable(path)
