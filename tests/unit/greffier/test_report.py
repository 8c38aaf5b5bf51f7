"""The demo's figures, from made-up captions whose figures are known."""

import pytest

from greffier.demo.report import figures, percentile, word_error_rate
from greffier.demo.script import ScriptWord, Turn
from greffier.demo.viewer import Caption


def caption(**changes: object) -> Caption:
    """A final at 12.0 s of loop time unless changed."""
    values: dict[str, object] = {
        "moment": 12.0,
        "segment_id": "a",
        "identity": "claire",
        "text": "Bonjour à tous.",
        "stable": 0,
        "final": True,
        "start_ms": 1000,
        "end_ms": 2000,
        "gap": "",
        "dropped": False,
    }
    return Caption(**{**values, **changes})  # type: ignore[arg-type]


TURN = Turn(
    identity="claire",
    language="fr",
    text="Bonjour à tous.",
    words=(
        ScriptWord(text="Bonjour", start_sec=1.0, end_sec=1.4),
        ScriptWord(text="à", start_sec=1.4, end_sec=1.5),
        ScriptWord(text="tous.", start_sec=1.5, end_sec=2.0),
    ),
)


def sent(second: float) -> float:
    """The track started at loop time 10."""
    return 10 + second


def test_latencies_count_from_the_spoken_samples() -> None:
    """First text from the first word's start, the final from the last word's end."""
    partial = caption(moment=11.8, final=False, text="Bonjour")
    mine, _ = figures(
        name="Claire",
        turns=[TURN],
        captions=[partial, caption(moment=12.5)],
        recorded_ids=["a"],
        sent=sent,
        zero=10.0,
    )
    assert mine.first_text_p50_s == pytest.approx(0.8)
    assert mine.final_p50_s == pytest.approx(0.5)
    assert (mine.wer, mine.utterances, mine.finals_shown, mine.finals_recorded) == (0, 1, 1, 1)


def test_a_final_far_from_any_word_is_a_ghost() -> None:
    """Text that nobody said has no words of the script, and costs WER."""
    ghost = caption(segment_id="b", start_ms=9000, end_ms=9500, text="Merci.")
    mine, heard = figures(
        name="Claire",
        turns=[TURN],
        captions=[caption(), ghost],
        recorded_ids=["a", "b"],
        sent=sent,
        zero=10.0,
    )
    assert [bool(one.words) for one in heard] == [True, False]
    assert mine.wer == pytest.approx(1 / 3, abs=1e-3)


def test_a_word_that_was_not_heard_is_an_error() -> None:
    """Nothing heard at all is 100%, and no latency is invented."""
    mine, _ = figures(
        name="Claire", turns=[TURN], captions=[], recorded_ids=[], sent=sent, zero=10.0
    )
    assert mine.wer == 1
    assert mine.final_p95_s is None


def test_gaps_are_counted_apart() -> None:
    """A gap is no final."""
    gap = caption(text="", gap="outage")
    mine, _ = figures(
        name="Claire", turns=[TURN], captions=[gap], recorded_ids=[], sent=sent, zero=10.0
    )
    assert (mine.gaps, mine.finals_shown) == (1, 0)


def test_nothing_has_no_percentile_and_silence_no_error() -> None:
    """The edges."""
    assert percentile([], 50) is None
    assert word_error_rate("", "") == 0
    assert word_error_rate("", "something") == 1
