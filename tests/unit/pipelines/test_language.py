from __future__ import annotations

import pytest

from models.base import Kind, Recognition
from models.whisper.language import likeliest
from pipelines.language import LanguageMemory

BOTH = ("fr", "en")


def heard(language: str, sure: float | None = 0.99) -> Recognition:
    return Recognition(
        utterance_id="u", kind=Kind.FINAL, text="a", language=language, language_probability=sure
    )


def follow(memory: LanguageMemory, *spoken: tuple[str, float, float]) -> list[str]:
    """The language decided for each utterance: (what it sounds like, how surely, seconds)."""
    decided = []
    for language, sure, sec in spoken:
        shares = {code: sure if code == language else 1 - sure for code in BOTH}
        code, share = likeliest(shares, BOTH, memory.prior(sec))
        decided.append(code)
        memory.heard(heard(code, share), sec)
    return decided


def test_one_language_is_never_detected() -> None:
    """Where only one may be spoken, it is."""
    assert LanguageMemory(("fr",)).choose() == "fr"
    assert LanguageMemory(BOTH).choose() is None


def test_what_was_set_by_hand_is_spoken_until_it_is_set_anew() -> None:
    """Whatever was heard; but a language that the meeting doesn't speak is none."""
    given: list[str | None] = [None]
    memory = LanguageMemory(BOTH, lambda: given[-1])
    follow(memory, ("fr", 0.99, 4.0), ("fr", 0.99, 4.0))
    assert memory.choose() is None
    given.append("en")
    assert memory.choose() == "en"
    given.append("de")
    assert memory.choose() is None
    given.append(None)
    assert memory.choose() is None


def test_nothing_is_preferred_before_anybody_spoke() -> None:
    """The prior is flat for each new speaker."""
    assert LanguageMemory(BOTH).prior(3.0) == (0.5, 0.5)
    assert LanguageMemory(BOTH).prior(0.3) == (0.5, 0.5)


@pytest.mark.parametrize("sec", [2.5, 1.2])
def test_a_change_of_language_is_followed_within_two_utterances(sec: float) -> None:
    """After a long time in one language, and back."""
    memory = LanguageMemory(BOTH)
    french, english = [("fr", 0.97, 3.0)] * 20, [("en", 0.95, sec)] * 3
    decided = follow(memory, *french, *english, *french)
    assert decided[21:23] == ["en", "en"]
    assert decided[24:] == ["fr"] * 19


def test_a_doubtful_short_answer_is_in_the_language_before() -> None:
    """ "Okay" half sounds French: from an English speaker it is English, and changes nothing."""
    memory = LanguageMemory(BOTH)
    spoken = [("en", 0.97, 3.0), ("en", 0.97, 2.0), ("fr", 0.7, 0.4), ("en", 0.97, 3.0)]
    assert follow(memory, *spoken) == ["en"] * 4


def test_a_clear_short_answer_in_another_language_is_heard_as_such() -> None:
    """Memory doubts, it does not command: "Oui" of an English speaker is French."""
    memory = LanguageMemory(BOTH)
    follow(memory, ("en", 0.97, 3.0), ("en", 0.97, 3.0))
    assert follow(memory, ("fr", 0.9999, 0.6)) == ["fr"]
    assert follow(memory, ("en", 0.9, 3.0)) == ["en"]


def test_a_given_language_is_no_evidence() -> None:
    """What was set by hand, or is no language of the meeting, moves no belief."""
    memory = LanguageMemory(BOTH)
    memory.heard(heard("en", None), 3.0)
    memory.heard(heard("de"), 3.0)
    assert memory.prior(3.0) == (0.5, 0.5)


def test_three_languages() -> None:
    """The prior has one share for each, and sums to one."""
    memory = LanguageMemory(("fr", "en", "de"))
    memory.heard(heard("de"), 3.0)
    prior = memory.prior(2.0)
    assert sum(prior) == pytest.approx(1, abs=1e-3)
    assert prior[2] == max(prior)
