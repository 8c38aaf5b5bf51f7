"""Rules of `greffier models`: what the administrator sees, against a hub with real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from greffier.cli import app
from models.base import ModelError
from models.store.store import resolve
from tests.unit.greffier.test_cli import run
from tests.unit.models.hub.hub_server import COMMIT, FakeHub, running
from tests.unit.models.tiny_transformers import make


@pytest.fixture
def hub(tiny_files: dict[str, bytes]) -> Iterator[FakeHub]:
    with running(FakeHub(files=tiny_files)) as one:
        yield one


@pytest.fixture(scope="module")
def tiny_files() -> dict[str, bytes]:
    return {"model.bin": b"w" * 1000, "config.json": b"{}", "tokenizer.json": b"{}"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: FakeHub) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("GREFFIER_ASR__MODELS_FOLDER", str(tmp_path / "store"))
    return tmp_path / "store"


def greffier(*arguments: str) -> tuple[int, str, BaseException | None]:
    done = CliRunner().invoke(app, ["models", *arguments])
    return done.exit_code, done.output, done.exception


def test_pull_prints_the_folder_and_list_shows_it_verified(store: Path) -> None:
    status, words, _ = greffier("pull", "tiny")
    assert status == 0
    folder = resolve(Path("tiny"), store)
    assert str(folder) in words
    assert "GREFFIER_ASR__MODEL=tiny" in words
    status, words, _ = greffier("list")
    assert status == 0
    assert f"verified Systran/faster-whisper-tiny@{COMMIT[:12]}" in words


def test_pull_takes_a_folder_and_a_commit(store: Path, tmp_path: Path) -> None:
    status, words, _ = greffier("pull", "tiny", "--revision", COMMIT, "--to", "mine")
    assert status == 0
    assert (tmp_path / "mine" / "model.bin").is_file()
    assert f"GREFFIER_ASR__MODEL={tmp_path / 'mine'}" in words


def test_list_shows_what_is_damaged_and_fails(store: Path) -> None:
    greffier("pull", "tiny")
    weights = resolve(Path("tiny"), store) / "model.bin"
    weights.chmod(0o644)
    weights.write_bytes(b"x" * 1000)
    status, words, _ = greffier("list")
    assert status == 1
    assert "corrupt" in words
    assert "model.bin" in words


def test_list_of_nothing_says_the_command(store: Path) -> None:
    status, words, _ = greffier("list")
    assert status == 0
    assert "greffier models pull NAME" in words


def test_an_error_is_a_model_error(store: Path, hub: FakeHub) -> None:
    hub.status = 404
    _, _, error = greffier("pull", "tiny")
    assert isinstance(error, ModelError)


def test_an_error_reaches_the_user_as_one_line_without_the_token(
    store: Path, hub: FakeHub, tmp_path: Path
) -> None:
    hub.status = 403
    done = run(tmp_path, "models", "pull", "tiny", HF_ENDPOINT=hub.url, HF_TOKEN="hf_secret")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith(f"greffier: {hub.url} keeps")
    assert "Traceback" not in done.stderr
    assert "hf_secret" not in done.stdout + done.stderr


def test_a_wrong_endpoint_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "hub.example.org")
    _, _, error = greffier("pull", "tiny")
    assert "HF_ENDPOINT" in str(error)


def test_serving_a_model_that_was_not_pulled_says_the_command(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "asr",
        GREFFIER_ASR__MODEL="large-v3-turbo",
        GREFFIER_ASR__URL=f"unix:{tmp_path / 's'}",
    )
    assert done.returncode == 1
    assert "run: greffier models pull large-v3-turbo" in done.stderr
    assert "Traceback" not in done.stderr


def test_convert_writes_a_folder(store: Path, tmp_path: Path) -> None:
    make(tmp_path / "source")
    status, words, _ = greffier("convert", "source", "--to", "done", "--quantization", "int8")
    assert status == 0
    assert (tmp_path / "done" / "model.bin").is_file()
    assert str(tmp_path / "done") in words
