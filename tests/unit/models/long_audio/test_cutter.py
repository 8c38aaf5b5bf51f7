from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import SAMPLE_RATE, Samples
from models.fakes import LoudnessDetector, ScriptedDetector
from models.long_audio.cutter import PieceCutter, SpeechPiece
from tests.unit.models.recordings import recording, silent, spoken


def cut(samples: Samples, chunk: int = 1_000) -> list[SpeechPiece]:
    cutter = PieceCutter(LoudnessDetector())
    pieces = []
    for at in range(0, len(samples), chunk):
        pieces += cutter.push(samples[at : at + chunk])
    return pieces + cutter.finish()


def test_long_pauses_divide() -> None:
    """Each piece has its own speech, with a little before and after it."""
    first, second = cut(np.concatenate([silent(3), recording(1, 2)]))
    assert first.start_sec == pytest.approx(3 - 0.4, abs=0.05)
    assert len(first.samples) / SAMPLE_RATE == pytest.approx(2.7, abs=0.1)
    assert second.start_sec == pytest.approx(7 - 0.4, abs=0.05)
    assert [first.samples.max(), second.samples.max()] == pytest.approx([0.04, 0.08])
    assert not first.samples.flags.writeable


def test_short_pauses_divide_only_what_is_long_enough() -> None:
    """Sentences stay together until the piece gives enough context."""
    pieces = cut(recording(*range(1, 11), pause_sec=0.7))
    lengths = [len(piece.samples) / SAMPLE_RATE for piece in pieces]
    assert all(7.5 <= length < 12 for length in lengths[:-1])


def test_silence_and_a_click_are_left_out() -> None:
    """Nothing is sent of what holds no speech."""
    click = np.concatenate([silent(2), spoken(9, 0.02), silent(4)])
    assert cut(silent(100)) == []
    assert cut(click) == []


def test_speech_up_to_the_end_is_kept() -> None:
    """A file that ends in a word loses none of it."""
    (piece,) = cut(np.concatenate([silent(1), spoken(2, 1.01)]))
    assert np.count_nonzero(piece.samples) == round(1.01 * SAMPLE_RATE)


def test_who_never_pauses_is_cut_at_the_quietest_point() -> None:
    """Before 28 s, where the detector was least sure, and nothing is lost or said twice."""
    probabilities = [0.9] * 2_000
    probabilities[700:705] = [0.6] * 5
    cutter = PieceCutter(ScriptedDetector(probabilities))
    samples = spoken(5, 32.0)
    first, second = [*cutter.push(samples), *cutter.finish()]
    assert len(first.samples) == 703 * 512
    assert second.start_sec == 703 * 512 / SAMPLE_RATE
    assert len(first.samples) + len(second.samples) == len(samples)


@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(st.tuples(st.booleans(), st.floats(0.05, 40)), min_size=1, max_size=6),
    chunk=st.sampled_from([333, 512, 16_000]),
)
def test_pieces_are_the_recording(parts: list[tuple[bool, float]], chunk: int) -> None:
    """In order, apart, never too long, with exactly the samples of their place; speech is kept."""
    samples = np.concatenate([spoken(3, sec) if loud else silent(sec) for loud, sec in parts])
    pieces = cut(samples, chunk)
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    padded = np.concatenate([samples, np.zeros(512, dtype=np.float32)])
    covered = np.zeros(len(padded), dtype=bool)
    after = 0
    for piece in pieces:
        start = round(piece.start_sec * SAMPLE_RATE)
        end = start + len(piece.samples)
        assert after <= start < end <= len(padded)
        assert len(piece.samples) <= 28 * SAMPLE_RATE
        np.testing.assert_array_equal(piece.samples, padded[start:end])
        covered[start:end] = True
        after = end
    if all(sec >= 0.2 for _, sec in parts):
        assert covered[: len(samples)][samples > 0].mean() > 0.98 if samples.any() else not pieces
