"""What processes cost: CPU seconds and memory, children included."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import psutil

_EVERY_SEC = 5.0
"""The kernel walks all pages of a process for its memory: oftener, looking would be a load."""


class Cost:
    """Watches the processes that `pids` names. CPU counts from `begin` on."""

    def __init__(self, pids: Callable[[], Sequence[int]]) -> None:
        self._pids = pids
        self._before: dict[int, float] = {}
        self._now: dict[int, float] = {}
        self.peak_bytes = 0

    @property
    def cpu_sec(self) -> float:
        """CPU seconds of all of them since `begin`, at the last look."""
        return sum(now - self._before.get(pid, 0.0) for pid, now in self._now.items())

    def begin(self) -> None:
        """Count from here."""
        self._before = {process.pid: _cpu_sec(process) for process in self._tree()}

    def look(self) -> None:
        """Look once. A process that ended since keeps its last figure."""
        memory = 0
        for process in self._tree():
            try:
                self._now[process.pid] = _cpu_sec(process)
                full = process.memory_full_info()
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            # Pages that forked processes share are counted once in all.
            memory += int(getattr(full, "pss", full.uss))
        self.peak_bytes = max(self.peak_bytes, memory)

    async def watch(self) -> None:
        """Look again and again until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(_EVERY_SEC)

    def _tree(self) -> Iterator[psutil.Process]:
        for pid in self._pids():
            try:
                root = psutil.Process(pid)
                yield from (root, *root.children(recursive=True))
            except psutil.NoSuchProcess:
                continue


def _cpu_sec(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
