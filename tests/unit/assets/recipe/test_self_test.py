"""The self-test's clip, chosen by the committed model from the committed test set."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.recipe.self_test import write
from models.server.self_test import self_test
from models.settings import AsrSettings
from models.whisper.model import WhisperModel

MODEL = Path(__file__).parents[4] / "assets" / "demo-model"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The model without its clip."""
    for file in MODEL.iterdir():
        if not file.name.startswith("selftest"):
            (tmp_path / file.name).symlink_to(file)
    return tmp_path


def test_the_recipe_writes_a_clip_that_the_recognition_process_accepts(folder: Path) -> None:
    """Every word of it, by the process's own beam and language detection."""
    text = write(folder)
    assert (folder / "selftest.txt").read_text(encoding="utf-8").strip() == text
    settings = AsrSettings(model=folder, threads=1)
    heard = self_test(WhisperModel.load(folder, AsrSettings(device="cpu", threads=1)), settings)
    assert heard.words == heard.of_words >= 8


def test_a_model_that_hears_no_sentence_is_told_so(folder: Path, tmp_path: Path) -> None:
    """An empty test set has none."""
    empty = tmp_path / "set"
    empty.mkdir()
    (empty / "clips.json").write_text("[]")
    with pytest.raises(LookupError, match="train it longer"):
        write(folder, empty)
