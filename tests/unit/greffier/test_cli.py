"""The commands' answers to bad input: one line that says what to do, never a stack trace."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from greffier.cli import main
from greffier.doctor.examine import CHECKS
from tests.e2e.stack import REPOSITORY, clean_environment

KEYS = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "a-secret-of-thirty-two-characters!"}


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in an empty folder."""
    return subprocess.run(
        [sys.executable, "-m", "greffier", *arguments],
        cwd=folder,
        env=clean_environment() | {"PYTHONPATH": str(REPOSITORY)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "worker", "jobs"])
def test_missing_keys_are_named(tmp_path: Path, command: str) -> None:
    """Which variables, and the way around."""
    done = run(tmp_path, command)
    assert done.returncode == 1
    assert "LIVEKIT_API_KEY and LIVEKIT_API_SECRET" in done.stderr
    assert "greffier up" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_setting_is_refused_by_every_command(tmp_path: Path) -> None:
    """A mistyped name must not be silently without effect."""
    done = run(tmp_path, "asr", GREFFIER_ASR__MODLE="x")
    assert done.returncode == 1
    assert "GREFFIER_ASR__MODLE is not a setting" in done.stderr
    assert "GREFFIER_ASR__MODEL" in done.stderr


@pytest.mark.parametrize("broken", [False, True])
def test_a_model_folder_that_is_missing_or_broken(tmp_path: Path, broken: bool) -> None:
    """The folder is named, and what to put there."""
    folder = tmp_path / "model"
    if broken:
        folder.mkdir()
        for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json"):
            (folder / name).write_text("{}")
    done = run(
        tmp_path,
        "asr",
        GREFFIER_ASR__MODEL=str(folder),
        GREFFIER_ASR__URL=f"unix:{tmp_path / 's'}",
    )
    assert done.returncode == 1
    assert str(folder) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_livekit_address_is_named(tmp_path: Path) -> None:
    """The worker does not wait for ever for a server that is not there."""
    done = run(tmp_path, "worker", LIVEKIT_URL="ws://127.0.0.1:9", **KEYS)
    assert done.returncode == 1
    assert "ws://127.0.0.1:9" in done.stderr
    assert "LIVEKIT_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "setting", "url", "words"),
    [
        ("worker", "GREFFIER_STORAGE__DATABASE_URL", "sqlite+aiosqlite:///file", "not a database"),
        ("jobs", "GREFFIER_JOBS__SYSTEM_DATABASE_URL", "sqlite:///file", "not a database"),
    ],
)
def test_a_database_that_can_not_be_used_is_named(
    tmp_path: Path, command: str, setting: str, url: str, words: str
) -> None:
    """With its setting, and no stack trace of any library."""
    (tmp_path / "file").write_text("no database; " * 100)
    done = run(tmp_path, command, **KEYS, **{setting: url})
    assert done.returncode == 1
    assert words in done.stderr
    assert setting in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("command", ["worker", "asr"])
def test_a_metrics_port_in_use_is_named(tmp_path: Path, command: str) -> None:
    """Before anything else is begun with."""
    section = {"worker": "AGENT"}.get(command, command.upper())
    setting = f"GREFFIER_{section}__METRICS"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = run(tmp_path, command, **KEYS, **{setting: port})
    assert done.returncode == 1
    assert port in done.stderr
    assert setting in done.stderr
    assert "Traceback" not in done.stderr


def test_the_doctor_says_how_to_mend_each_part(tmp_path: Path) -> None:
    """A line a part; what is not configured is no failure, what is broken is; nothing is made."""
    done = run(tmp_path, "doctor", GREFFIER_MAIL__HOST="127.0.0.1", GREFFIER_MAIL__PORT="9")
    assert done.returncode == 1
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    assert set(lines) == set(CHECKS)
    assert lines["model"].startswith("ok")
    assert "cpu" in lines["model"]
    assert "of its own test sentence heard" in lines["model"]
    assert lines["asr"].startswith("bad")
    assert "greffier asr" in lines["asr"]
    assert lines["livekit"].startswith("bad")
    assert "LIVEKIT_API_KEY" in lines["livekit"]
    assert lines["mail"].startswith("bad")
    assert "GREFFIER_MAIL__HOST" in lines["mail"]
    assert lines["llm"].startswith("none")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("transcribe", "[/x] and [red].wav"), "[/x] and [red].wav: there is no such file"),
        (("transcribe", "x.wav", "--out", "file/below"), "can't be written to"),
        (("demo", "--out", "file"), "is no folder"),
        (("up", "--json", "file/x.json"), "can't be written to"),
        (("bench", "captions", "--json", "file/x.json"), "can't be written to"),
        (("bench", "asr", "--out", "file/below"), "can't be written to"),
        (("bench", "asr", "--model", "nope"), "there is no model folder"),
        (("bench", "captions", "--model", "file"), "there is no model folder"),
        (("bench", "profile", "--tracks", "1,x"), "numbers with commas between"),
        (("bench", "nonspeech", "--seeds", "0"), "numbers with commas between"),
    ],
)
def test_what_is_given_wrong_is_told_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    told: str,
) -> None:
    """Before an hour of work is done for nothing, as it was written, without a stack trace."""
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["greffier", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in {1, 2}
    words = capsys.readouterr().err
    assert told in " ".join(words.replace("│", " ").split())
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_file_that_can_not_be_opened_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to look at; an error of no file is a bug, and is not hidden."""
    monkeypatch.setattr(sys, "argv", ["greffier", "doctor"])

    def fail(error: OSError) -> None:
        def raises() -> None:
            raise error

        monkeypatch.setattr("greffier.cli.app", raises)

    fail(PermissionError(13, "Permission denied", "/srv/minutes"))
    with pytest.raises(SystemExit):
        main()
    assert "/srv/minutes: Permission denied; check that" in capsys.readouterr().err
    fail(ConnectionResetError(104, "Connection reset by peer"))
    with pytest.raises(ConnectionResetError):
        main()
