"""Rules of deploy/health.py: each command is asked where it answers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from greffier.settings import load

FILE = Path(__file__).parents[3] / "deploy" / "health.py"


@pytest.fixture(scope="module")
def health() -> ModuleType:
    spec = importlib.util.spec_from_file_location("deploy_health", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("command", "environ", "expected"),
    [
        ("serve", {}, ("http://127.0.0.1:8080/health", None)),
        ("serve", {"GREFFIER_ROOMS__PORT": "9"}, ("http://127.0.0.1:9/health", None)),
        ("worker", {}, ("http://127.0.0.1:8081/", None)),
        ("asr", {}, ("http://asr/health", "greffier-data/asr.sock")),
        (
            "asr",
            {"GREFFIER_ASR__URL": "http://0.0.0.0:9000"},
            ("http://127.0.0.1:9000/health", None),
        ),
        ("jobs", {}, None),
    ],
)
def test_each_command_is_asked_where_it_answers(
    health: ModuleType, command: str, environ: dict[str, str], expected: object
) -> None:
    settings = load(environ, env_file=None)
    assert health.question(["python", "-m", "greffier", command, ""], settings) == expected


def test_a_process_that_does_not_answer_is_unhealthy(
    health: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = tmp_path / "cmdline"
    command.write_text("python\0-m\0greffier\0asr\0")
    monkeypatch.setattr(health, "MAIN_PROCESS", command)
    monkeypatch.setenv("GREFFIER_ASR__URL", "http://127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    assert health.main() == 1
    assert "http://127.0.0.1:1/health" in capsys.readouterr().err
