from __future__ import annotations

from greffier.bench.captions.words import align, is_negation, is_number, names_in, words_of


def test_wrong_and_extra_words_are_told_apart() -> None:
    """A swapped word is both: one that was said and not heard, and the other way round."""
    said, heard = "we do not agree on it at all", "we do agree on it too at hall"
    one = align(words_of(said), words_of(heard))
    assert one.errors == 3
    assert {one.said[at] for at in one.wrong} == {"not", "all"}
    assert {one.heard[at] for at in one.extra} == {"too", "hall"}


def test_against_nothing_all_is_wrong() -> None:
    """On either side."""
    assert align([], ["a", "b"]).errors == 2
    assert align(["a"], []).wrong == {0}


def test_negations_and_numbers_in_both_languages() -> None:
    """After normalisation "n'avons" is two words, and so is "don't"."""
    assert [word for word in words_of("Nous n'avons pas voté, don't!") if is_negation(word)] == [
        "n", "pas", "t",
    ]  # fmt: skip
    assert all(is_number(word) for word in ("douze", "twelve", "12"))
    assert not is_number("un")


def test_names_are_capitals_within_a_sentence() -> None:
    """Not the first word, not I, not a weekday."""
    assert names_in("Hello Anna. Then I saw d'Hélène Roux on Monday. Marc left.") == {
        "anna", "hélène", "roux",
    }  # fmt: skip
