"""What each process of the stack costs: CPU seconds and peak memory, children included."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import psutil

from greffier.supervisor import Supervisor

_EVERY_SEC = 1.0


@dataclass(slots=True)
class _Cost:
    cpu_sec: dict[int, float] = field(default_factory=dict)
    peak_bytes: int = 0


class Meter:
    """Samples the process trees while it runs."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._costs: dict[str, _Cost] = {}

    async def run(self) -> None:
        """Sample until cancelled."""
        while True:
            await asyncio.to_thread(self.sample)
            await asyncio.sleep(_EVERY_SEC)

    def sample(self) -> None:
        """Look once. A process that ends between two looks keeps its last figure."""
        for name, pid in self._supervisor.pids.items():
            cost = self._costs.setdefault(name, _Cost())
            memory = 0
            try:
                root = psutil.Process(pid)
                tree = [root, *root.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            for process in tree:
                try:
                    times = process.cpu_times()
                    memory += _own_bytes(process)
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
                cost.cpu_sec[process.pid] = times.user + times.system
            cost.peak_bytes = max(cost.peak_bytes, memory)

    def figures(self) -> list[dict[str, float | str]]:
        """`processes[]` of report.json."""
        return [
            {
                "name": name,
                "cpu_s": round(sum(cost.cpu_sec.values()), 2),
                "peak_mb": round(cost.peak_bytes / 2**20, 1),
            }
            for name, cost in self._costs.items()
        ]


def _own_bytes(process: psutil.Process) -> int:
    """The process's share of memory: pages that forked processes share are counted once in all."""
    full = process.memory_full_info()
    return int(getattr(full, "pss", full.uss))
