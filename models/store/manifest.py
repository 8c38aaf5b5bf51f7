"""`manifest.json` in a model's folder: where it comes from, and the hash of each of its files.

It is written last. A folder without one is somebody's own, and is taken as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.base import ModelError

NAME = "manifest.json"
_CHUNK_BYTES = 1 << 20
_READ_ONLY = 0o444


class FileEntry(BaseModel):
    """One file of the model; `name` has no folder in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[^/\\]+$")
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """`model` is the hub's id, or the folder it was converted from; that one has no commit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    commit: str
    date: datetime
    quantization: str | None = Field(
        default=None, description="Set where the files were converted here"
    )
    files: tuple[FileEntry, ...] = Field(min_length=1)

    @property
    def size(self) -> int:
        """All files together, in bytes."""
        return sum(file.size for file in self.files)


def sha256(path: Path, advance: Callable[[int], None] = lambda _: None) -> str:
    """Hash a file; `advance` hears how many bytes each step took."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            advance(len(chunk))
    return digest.hexdigest()


def measured(folder: Path) -> tuple[FileEntry, ...]:
    """The folder's files as they are now."""
    return tuple(
        FileEntry(name=path.name, size=path.stat().st_size, sha256=sha256(path))
        for path in sorted(folder.iterdir())
    )


def seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and take everybody's right to write the files."""
    (folder / NAME).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        # The folder stays writable, so that `rm -r` is all it takes to be rid of it.
        path.chmod(_READ_ONLY)


def read(folder: Path) -> Manifest | None:
    """None where the folder has none. Raises ModelError for one that can't be read."""
    try:
        return Manifest.model_validate_json((folder / NAME).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ModelError(f"{folder / NAME} is damaged; delete {folder} and pull again") from error


def check_sizes(folder: Path) -> None:
    """Quick enough for each start. Raises ModelError for the first file that is not as it was."""
    if (manifest := read(folder)) is not None:
        _raise_first(folder, _wrong_sizes(folder, manifest))


def verify(
    folder: Path, manifest: Manifest, advance: Callable[[int], None] = lambda _: None
) -> None:
    """Read every byte. Raises ModelError for the first file that is not as it was."""
    _raise_first(folder, _wrong_sizes(folder, manifest))
    _raise_first(folder, _wrong_hashes(folder, manifest, advance))


def _wrong_sizes(folder: Path, manifest: Manifest) -> Iterable[str]:
    for file in manifest.files:
        path = folder / file.name
        if not path.is_file():
            yield f"{file.name} is missing"
        elif (size := path.stat().st_size) != file.size:
            yield f"{file.name} has {size} bytes instead of {file.size}"


def _wrong_hashes(
    folder: Path, manifest: Manifest, advance: Callable[[int], None]
) -> Iterable[str]:
    for file in manifest.files:
        try:
            if sha256(folder / file.name, advance) != file.sha256:
                yield f"{file.name} is not the file that was pulled (its hash differs)"
        except OSError as error:
            yield f"{file.name} can't be read ({error.strerror})"


def _raise_first(folder: Path, wrong: Iterable[str]) -> None:
    for words in wrong:
        raise ModelError(f"{folder} is damaged: {words}; delete it and pull again")
