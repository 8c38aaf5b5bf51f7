"""A PostgreSQL server of the tests' own: a private cluster on a socket, gone with the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

MISSING = (
    "PostgreSQL's server programs are not here: its tests are left out. To run them: install them"
    " (Debian: apt-get install postgresql)"
)


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; the newest of Debian's, which are not on PATH."""
    if (on_path := shutil.which("initdb")) is not None:
        return Path(on_path).resolve().parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parts[-3]),
    )
    return found[-1].parent if found else None


class Cluster:
    """A running server; `new_database` makes an empty database and gives its URL."""

    def __init__(self, bin_folder: Path, folder: Path) -> None:
        self._bin, self._folder = bin_folder, folder

    def new_database(self) -> str:
        """SQLAlchemy's URL of a fresh database."""
        name = f"t{uuid.uuid4().hex}"
        self.run("createdb", "--host", str(self._folder), "--username", "greffier", name)
        return f"postgresql+psycopg://greffier@/{name}?host={self._folder}"

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs, as a user that it accepts: root is none."""
        command = [str(self._bin / program), *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server; a missing one is a skip, but a failure where CI=true."""
    bin_folder = programs()
    if bin_folder is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    # A socket's path has 107 bytes at most: the tests' own folder may be too deep.
    folder = Path(tempfile.mkdtemp(prefix="greffier-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    running = Cluster(bin_folder, folder)
    data = str(folder / "data")
    try:
        running.run("initdb", "--pgdata", data, "--username", "greffier", "--auth", "trust")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        running.run("pg_ctl", "start", "--wait", "--pgdata", data, "--log", log, "-o", options)
        try:
            yield running
        finally:
            running.run("pg_ctl", "stop", "--pgdata", data, "--mode", "immediate")
    finally:
        shutil.rmtree(folder)
