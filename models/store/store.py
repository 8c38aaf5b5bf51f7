"""The folder of pulled models, one folder a model and commit, and where a name leads in it.

Nothing here speaks to the network: a model that has not been pulled is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faster_whisper import utils

from models.base import ModelError
from models.store.manifest import Manifest, read, verify

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SHORT_COMMIT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A model in the store; `damage` is empty where it is as it was pulled."""

    path: Path
    manifest: Manifest | None
    damage: str = ""


def short_names() -> dict[str, str]:
    """faster-whisper's own names, with the ids they stand for."""
    return dict(utils._MODELS)


def model_id(name: str) -> str:
    """The hub's id behind a short name, or the id itself. Raises ModelError."""
    known = short_names()
    if name in known:
        return known[name]
    if _ID.fullmatch(name):
        return name
    raise ModelError(f"{name!r} is neither ORGANISATION/NAME nor one of {', '.join(known)}")


def place(folder: Path, model: str, commit: str) -> Path:
    """Where a model of that commit is kept."""
    return folder / f"{model.replace('/', '--')}@{commit[:_SHORT_COMMIT]}"


def stored(folder: Path, advance: Callable[[int], None] | None = None) -> list[Stored]:
    """All models of the store by name; with `advance` every byte of them is checked."""
    if not folder.is_dir():
        return []
    paths = sorted(path for path in folder.iterdir() if _is_model(path))
    return [_look(path, advance) for path in paths]


def resolve(model: Path, folder: Path) -> Path:
    """Return the folder that `model` stands for: itself, or the last one pulled of that name.

    `NAME@COMMIT` (the first digits will do) pins it. Raises ModelError with the command that
    brings a model which is not there.
    """
    if model.is_dir():
        return model
    name, _, commit = str(model).partition("@")
    if name not in short_names() and not _ID.fullmatch(name):
        return model  # a path: whoever opens it says what is wrong with it
    found = [
        (one.manifest.date, one.path)
        for one in stored(folder)
        if one.manifest is not None
        and one.manifest.model == model_id(name)
        and one.manifest.commit.startswith(commit)
    ]
    if found:
        return max(found)[1]
    revision = f" --revision {commit}" if commit else ""
    raise ModelError(
        f"there is no model {model} in {folder}; run: greffier models pull {name}{revision}"
    )


def _is_model(path: Path) -> bool:
    # A name with a leading dot is a pull that has not ended.
    return path.is_dir() and not path.name.startswith(".")


def _look(path: Path, advance: Callable[[int], None] | None) -> Stored:
    try:
        manifest = read(path)
        if manifest is None:
            return Stored(path=path, manifest=None, damage=f"{path} has no manifest.json")
        if advance is not None:
            verify(path, manifest, advance)
    except ModelError as error:
        return Stored(path=path, manifest=None, damage=str(error))
    return Stored(path=path, manifest=manifest)
