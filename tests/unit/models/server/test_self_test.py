"""A model that says nothing, or the same again and again, is not served."""

from __future__ import annotations

import os
import shutil
import wave
from pathlib import Path

import pytest

from models.base import ModelError
from models.server.self_test import CLIPS, complaint, self_test
from models.settings import AsrSettings
from models.whisper.model import WhisperModel

DEMO = AsrSettings().model


def copy_of(model: Path, folder: Path, *, own_clip: bool) -> AsrSettings:
    shutil.copytree(model, folder)
    if not own_clip:
        (folder / "selftest.flac").unlink()
        (folder / "selftest.txt").unlink()
    return AsrSettings(model=folder, device="cpu", threads=1)


def outcome_of(settings: AsrSettings) -> str:
    model = WhisperModel.load(settings.model, AsrSettings(device="cpu", threads=1))
    return str(self_test(model, settings))


def test_the_demo_model_hears_its_sentence_to_the_word() -> None:
    """Its clip is in its folder."""
    heard = outcome_of(AsrSettings(device="cpu", threads=1))
    assert heard == "14 of 14 words of its own test sentence heard"


def test_a_model_without_a_clip_of_its_own_hears_ours(tmp_path: Path) -> None:
    """As any pulled model: here the demo model without its clip."""
    heard = outcome_of(copy_of(DEMO, tmp_path / "pulled", own_clip=False))
    assert heard == "14 of 14 words of the test sentence in en heard"


def test_a_model_that_only_loops_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """As with a wrong driver: it loads, it runs, it says nothing in any language."""
    settings = copy_of(tiny_model, tmp_path / "looping", own_clip=False)
    with pytest.raises(ModelError, match=r"heard nothing in en, nothing in fr; check the driver"):
        outcome_of(settings)


def test_another_text_than_its_own_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    """The text of the model's own clip must be equal."""
    settings = copy_of(tiny_model, tmp_path / "model", own_clip=True)
    outcome_of(settings)
    (settings.model / "selftest.txt").write_text("Bonjour à tous.")
    with wave.open(str(settings.model / "selftest.flac"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(os.urandom(32_000))
    with pytest.raises(ModelError, match=r"instead of 'Bonjour à tous\.'"):
        outcome_of(settings)
    (settings.model / "selftest.flac").write_text("no sound")
    with pytest.raises(ModelError, match="can't be read"):
        outcome_of(settings)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "nothing"),
        (" … 12 ", "nothing"),
        ("merci " * 40, "the same again and again"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 200))), "more than anybody can say"),
        ("Bonjour à tous.", None),
        ("Thanks for watching!", None),
    ],
)
def test_what_is_insane_about_a_text(text: str, wrong: str | None) -> None:
    """Of a clip of 4.5 seconds; a wrong word is no madness."""
    assert complaint(text, 4.5) == wrong


def test_each_clip_has_its_text() -> None:
    """French and English, as the product."""
    assert {clip.stem for clip in CLIPS.glob("*.ogg")} == {"fr", "en"}
    assert all(clip.with_suffix(".txt").is_file() for clip in CLIPS.glob("*.ogg"))
