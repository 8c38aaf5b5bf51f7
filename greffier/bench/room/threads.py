"""CPU of the LiveKit SDK's own threads, which are those with names of their own. Linux."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import psutil

_TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def named_threads_sec(root: int, *, proc: Path = PROC) -> float:
    """CPU seconds so far of all threads, in the process and its children, with names of their own.

    Python's threads are called as their process is; so are those of the libraries for the models.
    Of the SDK's, those that bring a frame run some of our Python too, 5 µs a frame. 0 without
    /proc.
    """
    try:
        processes = [root, *(one.pid for one in psutil.Process(root).children(recursive=True))]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(_named_sec(proc / str(pid)) for pid in processes)


def _named_sec(process: Path) -> float:
    try:
        own, _ = _read(process / "stat")
        threads = [_read(stat) for stat in _files(process / "task")]
    except OSError:
        return 0.0
    return sum(sec for name, sec in threads if name != own)


def _files(tasks: Path) -> Iterable[Path]:
    return [one / "stat" for one in tasks.iterdir()]


def _read(stat: Path) -> tuple[str, float]:
    """The thread's name, and its CPU seconds, user's and system's."""
    text = stat.read_text()
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return name, (int(fields[11]) + int(fields[12])) / _TICKS
