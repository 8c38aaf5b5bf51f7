"""Result files on the local disk: either whole and durable, or not there."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from storage.errors import StorageError

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that is on disk: its name (`minutes.md`), absolute path and SHA-256."""

    name: str
    path: Path
    sha256: str


class ResultFiles:
    """One folder a meeting under `root`. Blocking: call it from a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def write(self, meeting_id: str, name: str, text: str) -> StoredFile:
        """Write, or replace, one file. When this returns it survives a power cut.

        Raises StorageError if the folder can't be written; an earlier file is then untouched.
        """
        path = self.path(meeting_id, name)
        return StoredFile(name=name, path=path, sha256=write_file(path, text.encode()))

    def read(self, meeting_id: str, name: str) -> str:
        """A file's text. Raises StorageError if it isn't there."""
        path = self.path(meeting_id, name)
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{path} can't be read ({error.strerror or error})") from error

    def path(self, meeting_id: str, name: str) -> Path:
        """Where a file is or will be. Raises StorageError for a name that leaves the folder."""
        for part in (meeting_id, name):
            if not _SAFE.fullmatch(part) or ".." in part:
                raise StorageError(f"{part!r} can't be the name of a result file or folder")
        return self._root / meeting_id / name


def write_file(path: Path, data: bytes) -> str:
    """Write, or replace, one file with its folder, durably; returns its SHA-256.

    Raises StorageError if it can't be written; an earlier file is then untouched. Blocking.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _make_folder(path.parent)
        try:
            _write_synced(temporary, data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"{path} can't be written ({error.strerror or error}): free some space, or choose "
            "a folder that this process may write (GREFFIER_STORAGE__RESULTS)"
        ) from error
    return hashlib.sha256(data).hexdigest()


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        # A folder's own name lives in its parent.
        _sync_folder(folder.parent)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
