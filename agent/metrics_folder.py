"""The figures of job processes, in files that prometheus-client keeps in memory maps.

A process a meeting would leave three files each for ever, so those of the dead are added up in one
file a type. The sums stay: a counter that fell would look like a restart.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

PAST = "past"
"""In the place of a process id: the sums of processes that have ended."""
_LIVE_GAUGES = "gauge_live"


class MetricsFolder(Collector):
    """Collects what is in the folder; called by the server's threads, one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one_at_a_time = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """All metrics of all meetings, those that are over included."""
        with self._one_at_a_time:
            self._bury()
            return list(MultiProcessCollector(None, str(self._folder)).collect())

    def _bury(self) -> None:
        for file in sorted(self._folder.glob("*.db")):
            kind, _, process = file.stem.rpartition("_")
            if process == PAST or not process.isdigit() or _lives(int(process)):
                continue
            if not kind.startswith(_LIVE_GAUGES):
                self._add_up(kind, file)
            file.unlink(missing_ok=True)

    def _add_up(self, kind: str, file: Path) -> None:
        past = MmapedDict(str(self._folder / f"{kind}_{PAST}.db"))
        try:
            for key, value in _values(file):
                before, _ = past.read_value(key)
                past.write_value(key, before + value, 0.0)
        finally:
            past.close()


def _values(file: Path) -> Iterator[tuple[str, float]]:
    for key, value, *_ in MmapedDict.read_all_values_from_file(str(file)):
        yield key, value


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
