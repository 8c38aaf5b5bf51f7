"""`greffier demo`: the README's first promise, played from start to end."""

from __future__ import annotations

import email
import email.policy
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
import webvtt

from tests.e2e.stack import REPOSITORY, clean_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
WER_BAR = 0.05
"""Word error rate of the meeting, at most; a speaker alone may have twice as much."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One play of the demo: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    done = subprocess.run(
        [sys.executable, "-m", "greffier", "demo", "--out", str(folder)],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:] + _logs(folder)
    return folder, done.stdout


def _logs(folder: Path) -> str:
    return "".join(
        f"\n== {path.name}\n{path.read_text(errors='replace')[-1500:]}"
        for path in sorted((folder / "logs").glob("*.log"))
    )


@pytest.fixture(scope="module")
def report(played: tuple[Path, str]) -> dict[str, Any]:
    """report.json."""
    return dict(json.loads((played[0] / "report.json").read_text("utf-8")))


def test_the_last_line_names_the_folder(played: tuple[Path, str]) -> None:
    """A person finds what came of it."""
    folder, printed = played
    assert printed.strip().splitlines()[-1].endswith(str(folder))


def test_what_was_said_is_what_was_captioned(report: dict[str, Any]) -> None:
    """WER of the whole meeting over real WebRTC, and of each speaker."""
    assert report["all"]["wer"] <= WER_BAR, report["speakers"]
    assert all(one["wer"] <= 2 * WER_BAR for one in report["speakers"]), report["speakers"]


def test_nothing_is_captioned_in_the_silences(report: dict[str, Any]) -> None:
    """Each caption stands where its speaker spoke."""
    assert report["all"]["ghosts"] == 0


def test_every_caption_is_under_its_speaker(report: dict[str, Any]) -> None:
    """Each of the three was heard, under their own name."""
    assert {one["name"] for one in report["speakers"]} == {
        "Claire Martin",
        "Thomas Bernard",
        "Emma Wilson",
    }
    for one in report["speakers"]:
        assert one["utterances"] > 0


def test_shown_is_recorded_and_recorded_is_shown(
    played: tuple[Path, str], report: dict[str, Any]
) -> None:
    """Each final exactly once, both ways round; no gap in an undisturbed meeting."""
    assert report["shown_and_recorded_agree"]
    transcript = json.loads((played[0] / "transcript.json").read_text("utf-8"))
    ids = [segment["id"] for segment in transcript["segments"]]
    assert len(ids) == len(set(ids))
    for one in report["speakers"]:
        assert one["finals_shown"] == one["finals_recorded"] > 0
        assert one["gaps"] == 0


def test_the_agent_is_in_nobodys_list(report: dict[str, Any]) -> None:
    """The reader saw the three speakers, and no one else."""
    assert report["people_in_list"] == ["claire-martin", "emma-wilson", "thomas-bernard"]


def test_the_minutes_hold_the_decision_and_both_actions(played: tuple[Path, str]) -> None:
    """With owner and date, and the open question."""
    minutes = json.loads((played[0] / "minutes.json").read_text("utf-8"))
    owners = {action["owner"] for action in minutes["actions"]}
    assert {"Thomas Bernard", "Emma Wilson"} <= owners
    assert any("mars" in (one["due"] or "").lower() for one in minutes["actions"])
    assert any("march" in (one["due"] or "").lower() for one in minutes["actions"])
    assert minutes["decisions"]
    assert minutes["open_questions"]


def test_each_claim_of_the_minutes_rests_on_segments(played: tuple[Path, str]) -> None:
    """They exist; the minutes are shown, and marked as made by a machine."""
    folder, printed = played
    minutes = json.loads((folder / "minutes.json").read_text("utf-8"))
    transcript = json.loads((folder / "transcript.json").read_text("utf-8"))
    known = {segment["id"] for segment in transcript["segments"]}
    claims = [*minutes["decisions"], *minutes["actions"], *minutes["open_questions"]]
    assert all(claim["segments"] and set(claim["segments"]) <= known for claim in claims)
    assert minutes["machine_made"] is True
    assert "Minutes" in printed


def test_the_organiser_gets_one_mail(played: tuple[Path, str]) -> None:
    """Text and HTML, the transcript attached, marked as made by a machine."""
    mails = list((played[0] / "mail").glob("*.eml"))
    assert len(mails) == 1
    message = email.message_from_bytes(mails[0].read_bytes(), policy=email.policy.default)
    assert message["To"].addresses[0].addr_spec == "claire.martin@ville.example"
    assert message["Auto-Submitted"] == "auto-generated"
    kinds = {part.get_content_type() for part in message.walk()}
    assert {"text/plain", "text/html"} <= kinds
    names = {part.get_filename() for part in message.iter_attachments()}
    assert any(str(name).endswith(".vtt") for name in names)
    assert any(str(name).endswith(".md") for name in names)


def test_the_subtitles_can_be_read_by_others(played: tuple[Path, str]) -> None:
    """A foreign parser reads the VTT, and finds as many voices as speakers."""
    captions = webvtt.read(str(played[0] / "transcript.vtt"))
    assert {caption.voice for caption in captions} == {
        "Claire Martin",
        "Thomas Bernard",
        "Emma Wilson",
    }


def test_no_speech_and_no_key_is_in_a_log(played: tuple[Path, str]) -> None:
    """Words of the meeting and secrets stay out of the logs."""
    logs = _logs_whole(played[0])
    assert "campagne" not in logs
    assert "keyboard" not in logs
    assert "eyJ" not in logs


def _logs_whole(folder: Path) -> str:
    return "".join(p.read_text(errors="replace") for p in (folder / "logs").glob("*.log"))


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    """Interrupted while it starts or plays, everything ends with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "greffier", "demo", "--out", str(tmp_path / "out")],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Ready after" in line:
            break
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 6
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
