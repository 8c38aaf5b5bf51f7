"""CPU of threads that have names of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from greffier.bench.room.threads import named_threads_sec

TICKS = os.sysconf("SC_CLK_TCK")


def thread(folder: Path, name: str, user: int, system: int) -> None:
    folder.mkdir(parents=True)
    before = "S 1 1 1 0 -1 4194304 1 0 0 0"
    (folder / "stat").write_text(f"7 ({name}) {before} {user} {system} 0 0 20 0 1 0\n")


def test_threads_called_as_their_process_are_not_counted(tmp_path: Path) -> None:
    process = tmp_path / str(os.getpid())
    thread(process, "python", 900, 90)
    thread(process / "task" / "1", "python", 500, 50)
    thread(process / "task" / "2", "tokio-rt-worker", 30, 3)
    thread(process / "task" / "3", "worker_thread (0)", 20, 2)
    assert named_threads_sec(os.getpid(), proc=tmp_path) == pytest.approx(55 / TICKS)


def test_a_process_that_is_gone_counts_nothing(tmp_path: Path) -> None:
    assert named_threads_sec(os.getpid(), proc=tmp_path) == 0.0
    assert named_threads_sec(2**22 + 1) == 0.0
