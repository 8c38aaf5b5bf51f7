"""The command as a person runs it: real processes, a real model, real time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from greffier.bench.asr.offline import WAYS
from tests.e2e.stack import REPOSITORY, clean_environment

BENCH = [sys.executable, "-m", "greffier", "bench"]
COMMAND = [*BENCH, "asr"]


def environment(folder: Path) -> dict[str, str]:
    return clean_environment() | {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(folder)}


def run(folder: Path, *arguments: str, command: str = "asr") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*BENCH, command, *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def test_an_unknown_system_is_named_with_the_known_ones(tmp_path: Path) -> None:
    done = run(tmp_path, "--systems", "greffier,whipser")
    assert done.returncode == 1
    assert "unknown: whipser; the systems are greffier, plain" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_one_point_of_greffier_and_of_the_baseline(tmp_path: Path) -> None:
    """The shape of the figures, not their size: this machine may be busy."""
    done = run(
        tmp_path,
        *("--systems", "greffier,plain", "--tracks", "1", "--seconds", "8"),
        *("--json", "figures.json", "--out", "out"),
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [(one["system"], one["tracks"]) for one in figures["rows"]] == [
        ("greffier", 1),
        ("plain", 1),
    ]
    for row in figures["rows"]:
        assert row["utterances"] > 0
        assert row["wer"] is not None
        assert 0 < row["client_cpu_s_per_audio_s"] < 8
        assert row["cpu_s_per_audio_s"] > 0
        assert row["peak_mb"] > 50
        assert row["late_p99_s"] >= 0
    assert figures["capacity"] == {"greffier": None, "plain": None}
    assert figures["failures"] == {}
    offline = figures["correctness"]["offline"]
    assert (offline["tracks"], list(offline["whole_tracks"])) == (1, list(WAYS))
    assert offline["best_wer"] == min(offline["whole_tracks"].values())
    assert (tmp_path / "out" / "report.md").exists()
    assert (tmp_path / "out" / "report.svg").exists()
    assert not list(tmp_path.glob("greffier-bench-*"))


@pytest.mark.slow
def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    """Stopped while a server runs: it goes too, and so does the folder of its socket."""
    with subprocess.Popen(
        [*COMMAND, "--systems", "plain", "--tracks", "1", "--seconds", "60"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A suite that a shell started in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,  # noqa: PLW1509
    ) as bench:
        servers: list[psutil.Process] = []
        while not servers:
            assert bench.poll() is None
            servers = psutil.Process(bench.pid).children(recursive=True)
        os.kill(bench.pid, signal.SIGINT)
        assert bench.wait(60) == 130
    gone, alive = psutil.wait_procs(servers, timeout=10)
    assert gone
    assert not alive
    assert not list(tmp_path.glob("greffier-bench-*"))


def test_without_a_gpu_the_command_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "--shapes", "tiny", command="gpu")
    if done.returncode:  # there is none where this runs in CI
        assert "there is no GPU here" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_kills_lose_double_and_misplace_nothing(tmp_path: Path) -> None:
    """A kill every 4 s: each utterance has one final, under its own speaker."""
    done = run(
        tmp_path,
        *("--tracks", "3", "--seconds", "12", "--every", "4", "--json", "figures.json"),
        command="kill",
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "figures.json").read_text())["survived"]
    assert found["kills"] >= 2
    assert found["utterances"] > 0
    assert (found["lost"], found["doubled"], found["wrong_speaker"]) == (0, 0, 0)


@pytest.mark.slow
def test_under_load_every_final_arrives(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        *("--tracks", "6", "--seconds", "10", "--json", "figures.json"),
        command="overload",
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["shed"]["utterances"] > 0
    assert (figures["shed"]["lost"], figures["shed"]["gaps"]) == (0, 0)
    assert len(figures["samples"]) > 2
    assert (tmp_path / "benchmarks" / "overload" / "report.md").exists()
