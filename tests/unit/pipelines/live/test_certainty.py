from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.live.certainty import UNSURE, USUAL_LOGPROB, Certainty


def test_a_reading_far_less_sure_than_usual_is_unsure() -> None:
    certainty = Certainty()
    assert certainty.judge(USUAL_LOGPROB)
    assert not certainty.judge(1.1 * UNSURE * USUAL_LOGPROB)


def test_what_is_usual_is_learnt() -> None:
    """A model that is never very sure, or a poor microphone, is held against itself."""
    certainty = Certainty()
    assert [certainty.judge(-0.3) for _ in range(10)][-1]
    assert not certainty.judge(-0.9)


@given(st.lists(st.floats(-3, 0), max_size=50))
def test_a_sure_reading_stays_sure_whatever_came_before(readings: list[float]) -> None:
    """Very sure speech does not make ordinary speech suspect."""
    certainty = Certainty()
    for reading in readings:
        certainty.judge(reading)
    assert certainty.judge(UNSURE * USUAL_LOGPROB)
