"""What is stable leaves the window; what is on show never changes by it."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import SAMPLE_RATE, Kind, RecognisedWord, Recognition
from pipelines.live.live_text import KEPT_WORDS, MOVE_ON_SEC, LiveText

WORD_SEC = 0.5


def heard(spoken: list[str], live: LiveText, *, times: bool = True) -> Recognition:
    """What a faultless model hears from the window's first sample on: a word each half second."""
    first = -(-live.skip_samples // round(WORD_SEC * SAMPLE_RATE))
    words = tuple(
        RecognisedWord(
            text=text, start_sec=at * WORD_SEC, end_sec=(at + 1) * WORD_SEC, probability=1.0
        )
        for at, text in enumerate(spoken)
        if at >= first
    )
    return Recognition(
        utterance_id="u",
        kind=Kind.PARTIAL,
        text=" ".join(word.text for word in words),
        language="fr",
        words=words if times else (),
    )


def samples(words: int) -> int:
    return round(words * WORD_SEC * SAMPLE_RATE)


def test_a_long_speech_is_read_whole_by_windows_that_stay_short() -> None:
    spoken = [f"mot{at}" for at in range(80)]
    live = LiveText()
    shown = ""
    for count in range(1, len(spoken) + 1):
        text = live.update(heard(spoken[:count], live), samples(count))
        assert f"{text.stable} {text.tail}".split() == spoken[:count]
        assert text.stable.startswith(shown), "what is stable never changes"
        shown = text.stable
        window_sec = (samples(count) - live.skip_samples) / SAMPLE_RATE
        assert window_sec <= MOVE_ON_SEC + WORD_SEC
    assert live.skip_samples > samples(70)


def test_a_short_speech_keeps_its_window() -> None:
    live, spoken = LiveText(), ["un", "deux", "trois", "quatre", "cinq", "six"]
    for count in range(1, 7):
        live.update(heard(spoken[:count], live), samples(count))
    assert live.skip_samples == 0


def test_without_word_times_the_window_stays() -> None:
    live, spoken = LiveText(), [f"mot{at}" for at in range(40)]
    for count in range(1, 41):
        text = live.update(heard(spoken[:count], live, times=False), samples(count))
    assert live.skip_samples == 0
    assert f"{text.stable} {text.tail}".split() == spoken


def test_words_that_are_not_stable_stay_in_the_window() -> None:
    live = LiveText()
    for count in (20, 21, 22):
        changing = [f"{count}-{at}" for at in range(count)]
        live.update(heard(changing, live), samples(count))
    assert live.skip_samples == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_whatever_is_misheard_stable_text_only_grows(steps: list[int], random: Random) -> None:
    """Words are misheard at random: no stable word is taken back."""
    live, count, shown = LiveText(), 0, ""
    for step in steps:
        count += step
        spoken = [f"mot{at}" for at in range(count)]
        for at in range(len(spoken)):
            if random.random() < 0.15:
                spoken[at] = "euh"
        text = live.update(heard(spoken, live), samples(count))
        assert text.stable.startswith(shown)
        shown = text.stable


def test_the_kept_words_begin_the_next_window() -> None:
    live, spoken = LiveText(), [f"mot{at}" for at in range(12)]
    live.update(heard(spoken, live), samples(12))
    assert live.skip_samples == 0, "one hypothesis confirms nothing"
    live.update(heard(spoken, live), samples(12))
    again = heard(spoken, live).text.split()
    assert again[-KEPT_WORDS:] == spoken[-KEPT_WORDS:]
    assert len(again) in (KEPT_WORDS, KEPT_WORDS + 1)
    assert live.update(heard(spoken, live), samples(12)).stable.split() == spoken
