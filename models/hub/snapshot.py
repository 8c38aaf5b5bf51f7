"""What a hub says about a repository, checked as it comes in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from models.base import ModelError
from models.store.manifest import sha256

_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_BLOB = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """`size` -1: not known yet. `digest` is a SHA-256, a git blob id, or empty."""

    name: str
    size: int
    digest: str

    @property
    def is_known(self) -> bool:
        """Whether it can be fetched and checked."""
        return self.size >= 0 and bool(self.digest)

    def check(self, path: Path) -> None:
        """Raise ModelError if `path` is not this file."""
        found = _git_blob(path) if _GIT_BLOB.fullmatch(self.digest) else sha256(path)
        if found != self.digest:
            raise ModelError(
                f"{self.name} came damaged (its hash differs from the hub's) and was not kept;"
                " run it again, and look at the proxy if it happens twice"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A repository at one commit; `model` is its id as the hub spells it."""

    model: str
    commit: str
    files: tuple[HubFile, ...]

    def file(self, name: str) -> HubFile:
        """The file of that name, which must be there."""
        return next(file for file in self.files if file.name == name)


class _Lfs(BaseModel):
    sha256: str
    size: int = -1


class _Sibling(BaseModel):
    rfilename: str
    size: int | None = None
    blob: str = Field(default="", alias="blobId")
    lfs: _Lfs | None = None


class _Listing(BaseModel):
    # Both become part of a folder's name.
    id: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*(/[\w.-]+)?$")
    sha: str = Field(pattern=r"^[0-9a-f]{40}$")
    siblings: list[_Sibling]


def from_listing(answer: object) -> Snapshot:
    """Read `/api/models/…`. Raises ValidationError."""
    listing = _Listing.model_validate(answer)
    return Snapshot(
        model=listing.id,
        commit=listing.sha,
        files=tuple(_file(sibling) for sibling in listing.siblings),
    )


def _file(sibling: _Sibling) -> HubFile:
    size = -1 if sibling.size is None else sibling.size
    if sibling.lfs is not None:
        return HubFile(
            name=sibling.rfilename,
            size=sibling.lfs.size if size < 0 else size,
            digest=sibling.lfs.sha256,
        )
    return HubFile(name=sibling.rfilename, size=size, digest=sibling.blob)


def from_headers(name: str, headers: Mapping[str, str]) -> HubFile:
    """Read the answer to a HEAD of the file. Raises ValueError if it says too little."""
    etag = headers.get("x-linked-etag") or headers.get("etag", "")
    digest = etag.removeprefix("W/").strip('"')
    if not (_SHA256.fullmatch(digest) or _GIT_BLOB.fullmatch(digest)):
        raise ValueError(f"no hash for {name}")
    size = headers.get("x-linked-size") or headers.get("content-length", "")
    return HubFile(name=name, size=int(size), digest=digest)


def _git_blob(path: Path) -> str:
    data = path.read_bytes()  # only small files are kept in git itself
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
