"""The figures of many job processes, of which most are over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agent.metrics import WorkerMetrics

ROOT = Path(__file__).parents[3]
JOB = """
import sys
from agent.metrics import MeetingMetrics
metrics = MeetingMetrics.make()
metrics.tracks.inc(3)
metrics.captions_shown.labels("final").inc(int(sys.argv[1]))
metrics.final_seconds.observe(0.7)
print("ready", flush=True)
sys.stdin.readline()
"""


def job(folder: Path, finals: int) -> subprocess.Popen[str]:
    """A process that writes its figures into the folder, and lives until it is told to end."""
    child = subprocess.Popen(
        [sys.executable, "-c", JOB, str(finals)],
        cwd=ROOT,
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.communicate("\n")


def test_counters_of_the_dead_stay_their_gauges_go_and_files_do_not_pile_up(
    tmp_path: Path,
) -> None:
    """Three meetings, one at a time or together: sums never fall, whoever ends."""
    metrics = WorkerMetrics(tmp_path)
    first, second = job(tmp_path, 2), job(tmp_path, 5)

    def seen() -> tuple[float | None, ...]:
        read = metrics.registry.get_sample_value
        return (
            read("greffier_worker_tracks"),
            read("greffier_worker_captions_shown_total", {"kind": "final"}),
            read("greffier_worker_final_seconds_count"),
            read("greffier_worker_final_seconds_bucket", {"le": "0.75"}),
            read("greffier_worker_final_seconds_bucket", {"le": "0.6"}),
        )

    assert seen() == (6.0, 7.0, 2.0, 2.0, 0.0)
    end(first)
    assert seen() == (3.0, 7.0, 2.0, 2.0, 0.0)
    assert seen() == (3.0, 7.0, 2.0, 2.0, 0.0)
    end(second)
    assert seen()[1:] == (7.0, 2.0, 2.0, 0.0)
    third = job(tmp_path, 1)
    assert seen() == (3.0, 8.0, 3.0, 3.0, 0.0)
    end(third)
    assert seen()[1:] == (8.0, 3.0, 3.0, 0.0)
    assert {file.name for file in tmp_path.iterdir()} == {"counter_past.db", "histogram_past.db"}


def test_the_worker_shows_its_meetings_and_the_memory_of_all_processes(tmp_path: Path) -> None:
    """Read when somebody looks, not when the worker began."""
    metrics, running = WorkerMetrics(tmp_path), [1, 2]
    metrics.watch(lambda: len(running), 50)
    read = metrics.registry.get_sample_value
    assert read("greffier_worker_meetings") == 2
    running.append(3)
    assert read("greffier_worker_meetings") == 3
    assert read("greffier_worker_meetings_limit") == 50
    before = read("greffier_worker_resident_bytes")
    child = job(tmp_path, 1)
    during = read("greffier_worker_resident_bytes")
    end(child)
    assert before is not None
    assert during is not None
    assert during > before > 0
