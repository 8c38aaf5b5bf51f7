"""Brings a model from the hub: fetched, checked, converted where it must be, named last.

Until the last step everything is in a hidden folder beside the final one, which a second run
continues; so what has the final name is whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from models.base import ModelError
from models.hub.hub import Hub
from models.hub.snapshot import HubFile, Snapshot
from models.store.disk import plain_disk_errors
from models.store.files import Wanted, wanted
from models.store.manifest import Manifest, measured, read, seal, verify
from models.store.store import model_id, place


class Watcher(Protocol):
    """Hears how far a pull is."""

    def step(self, words: str, total_bytes: int | None) -> None:
        """A new step begins; None: how long it takes isn't known."""
        ...

    def advance(self, count_bytes: int) -> None:
        """So many bytes of the step are done; negative where some have to come again."""
        ...


def pull(
    name: str,
    *,
    revision: str,
    store: Path,
    to: Path | None,
    hub: Hub,
    watcher: Watcher,
    quantization: str,
) -> Path:
    """Return the model's folder: `to`, or one in `store`. Raises ModelError.

    A folder of that commit which is there already is only verified.
    """
    with closing(hub):
        watcher.step(f"Asking {hub.endpoint}", None)
        snapshot = hub.snapshot(model_id(name), revision)
        final = (to or place(store, snapshot.model, snapshot.commit)).absolute()
        if final.is_dir() and any(final.iterdir()):
            _again(final, snapshot, watcher)
            return final
        with plain_disk_errors(final.parent), _workplace(final, snapshot) as work:
            which = wanted(snapshot.model, (file.name for file in snapshot.files))
            _fetch(hub, snapshot, which, work / "files", watcher)
            done = _converted(work, quantization, watcher) if which.converts else work / "files"
            manifest = Manifest(
                model=snapshot.model,
                commit=snapshot.commit,
                date=datetime.now(UTC),
                quantization=quantization if which.converts else None,
                files=measured(done),
            )
            seal(done, manifest)
            done.rename(final)
            shutil.rmtree(work)
    return final


def _again(final: Path, snapshot: Snapshot, watcher: Watcher) -> None:
    manifest = read(final)
    if manifest is None or (manifest.model, manifest.commit) != (snapshot.model, snapshot.commit):
        raise ModelError(f"{final} holds something else; name an empty folder with --to")
    watcher.step("Verifying", manifest.size)
    verify(final, manifest, watcher.advance)


@contextmanager
def _workplace(final: Path, snapshot: Snapshot) -> Iterator[Path]:
    """The hidden folder of this commit, for one command at a time; it outlives an error."""
    work = final.parent / f".{final.name}.{snapshot.commit[:12]}.partial"
    (work / "files").mkdir(parents=True, exist_ok=True)
    held = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield work
    except BlockingIOError as error:
        raise ModelError(f"another command is pulling {snapshot.model} into {final}") from error
    finally:
        os.close(held)


def _fetch(hub: Hub, snapshot: Snapshot, which: Wanted, folder: Path, watcher: Watcher) -> None:
    files = [hub.describe(snapshot, name) for name in which.names]
    _check_space(folder, files)
    watcher.step(f"Fetching {snapshot.model}", sum(file.size for file in files))
    for file in files:
        hub.fetch(snapshot, file, folder, watcher.advance)


def _check_space(folder: Path, files: list[HubFile]) -> None:
    there = sum(path.stat().st_size for path in folder.iterdir())
    needed, free = sum(file.size for file in files) - there, shutil.disk_usage(folder).free
    if needed > free:
        raise ModelError(
            f"the disk of {folder} is too full: {needed / 1e9:.1f} GB are needed,"
            f" {free / 1e9:.1f} GB are free; free some space, or name another folder with --to"
        )


def _converted(work: Path, quantization: str, watcher: Watcher) -> Path:
    from models.conversion.conversion import write_converted  # noqa: PLC0415 - most models come converted

    watcher.step("Converting", None)
    done = work / "converted"
    shutil.rmtree(done, ignore_errors=True)  # of a run that was interrupted
    write_converted(work / "files", done, quantization=quantization)
    return done
