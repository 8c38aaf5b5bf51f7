"""Utterances: cut where the script says, or whole files with their words beside them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from greffier.bench.speech import MARGIN_SEC, from_folder, from_meeting, spoken_range
from greffier.errors import CommandError
from models.base import SAMPLE_RATE


def test_the_meeting_gives_each_sentence_with_its_sound() -> None:
    """Words lie inside the samples, in order, and there is speech in all of them."""
    utterances = from_meeting()
    assert len(utterances) == 41
    assert {one.language for one in utterances} == {"fr", "en"}
    for one in utterances:
        seconds = len(one.samples) / SAMPLE_RATE
        assert one.words[0].start_sec == pytest.approx(MARGIN_SEC)
        assert one.words[-1].end_sec == pytest.approx(seconds - MARGIN_SEC, abs=0.001)
        assert [word.text for word in one.words] == one.text.split()
        assert np.abs(one.samples).max() > 0.05
        assert not one.samples.flags.writeable


def wav(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def test_a_folder_gives_the_files_that_have_their_words(tmp_path: Path) -> None:
    """Speech is taken to reach from the first loud sample to the last."""
    hum = np.zeros(SAMPLE_RATE, dtype=np.float32)
    hum[4800:12800] = 0.4
    wav(tmp_path / "b.wav", hum)
    wav(tmp_path / "without.wav", hum)
    (tmp_path / "b.txt").write_text("Good morning.\n")
    (one,) = from_folder(tmp_path, "en")
    assert (one.text, one.language, len(one.samples)) == ("Good morning.", "en", SAMPLE_RATE)
    assert one.words[0].start_sec == pytest.approx(0.3, abs=0.03)
    assert one.words[0].end_sec == pytest.approx(0.8, abs=0.03)


def test_a_folder_without_words_is_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"put NAME\.txt next to NAME\.wav"):
        from_folder(tmp_path, "en")


def test_silence_has_no_speech_to_find() -> None:
    """The whole range then: the file's words were said somewhere."""
    assert spoken_range(np.zeros(640, dtype=np.float32)) == (0, 640)
