"""Rules of models.whisper.files: what is wrong with a folder is said with its name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.base import ModelError
from models.settings import AsrSettings
from models.whisper.model import WhisperModel


def test_missing_folder_and_files_are_named(tiny_model: Path, tmp_path: Path) -> None:
    """Each missing part gets a message with its name and what to do."""
    with pytest.raises(ModelError, match="there is no model folder"):
        WhisperModel.load(tmp_path / "nowhere", AsrSettings())
    for name in ("model.bin", "config.json", "tokenizer.json"):
        folder = tmp_path / name
        shutil.copytree(tiny_model, folder)
        (folder / name).unlink()
        with pytest.raises(ModelError, match=f"has no {name}"):
            WhisperModel.load(folder, AsrSettings(device="cpu"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.bin", b"garbage" * 100, "can't be loaded"),
        ("config.json", b"{", "can't be loaded"),
        ("tokenizer.json", b"{}", "tokenizer.json is damaged"),
        ("preprocessor_config.json", b"{", "preprocessor_config.json is damaged"),
        ("preprocessor_config.json", b'{"feature_size": 128}', "128 mel bands"),
    ],
)
def test_damaged_files_are_named(
    tiny_model: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """A damaged file is a ModelError, never a bare error of a library."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        WhisperModel.load(folder, AsrSettings(device="cpu"))


def test_a_truncated_model_is_damaged(tiny_model: Path, tmp_path: Path) -> None:
    """A download that broke off is noticed."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_model, folder)
    file = folder / "model.bin"
    file.write_bytes(file.read_bytes()[:50_000])
    with pytest.raises(ModelError, match="can't be loaded"):
        WhisperModel.load(folder, AsrSettings(device="cpu"))


def test_wrong_device_or_type_is_named(tiny_model: Path) -> None:
    """A compute type that doesn't exist is the administrator's to mend."""
    with pytest.raises(ModelError, match=r"asr\.compute_type"):
        WhisperModel.load(tiny_model, AsrSettings(device="cpu", compute_type="float7"))


@pytest.mark.parametrize(
    ("cores", "threads", "workers", "expected"),
    [(1, 0, 0, 1), (2, 0, 0, 2), (16, 0, 0, 2), (16, 1, 4, 4), (2, 2, 1, 1)],
)
def test_the_cores_are_shared_by_two_workers(
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    threads: int,
    workers: int,
    expected: int,
) -> None:
    """Two batches at once where there are several cores, unless the settings say otherwise."""
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    made = WhisperModel.load(
        tiny_model, AsrSettings(device="cpu", threads=threads, workers=workers)
    )
    assert made.workers == expected
