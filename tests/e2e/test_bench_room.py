"""`greffier bench room` on a small room: everything in it is real."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.stack import REPOSITORY, clean_environment

pytestmark = pytest.mark.slow


def test_a_small_room_is_measured_and_reported(tmp_path: Path) -> None:
    """Who speaks is captioned, who doesn't costs something, and the report says both."""
    options = "--participants 3 --speaking 1 --silence muted --seconds 6 --quiet 1"
    done = subprocess.run(
        [sys.executable, "-m", "greffier", "bench", "room", *options.split(), "--out", "out"],
        cwd=tmp_path,
        env=clean_environment() | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "out" / "muted.json").read_text())
    (row,) = figures["rows"]
    assert (row["participants"], row["speaking"]) == (3, 1)
    assert row["utterances"] >= 1
    assert row["lost"] == 0
    assert row["worker_cores"] > 0
    assert row["worker_peak_mb"] > 0
    assert (tmp_path / "out" / "muted.md").exists()


def test_sizes_below_the_speakers_are_refused_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "greffier", "bench", "room", "--participants", "2"],
        cwd=tmp_path,
        env=clean_environment() | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().endswith("none of them below --speaking")
