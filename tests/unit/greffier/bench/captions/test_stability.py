from __future__ import annotations

from greffier.bench.captions.stability import stability

from .made import dropped, final, partial


def test_a_text_that_only_grows_erases_nothing() -> None:
    """Words that are added, and case and punctuation, are no erasure."""
    one = stability([partial(1, "", "we vote"), final(2, "We vote, now.")])
    assert (one.erased, one.corrected, one.final_words) == (0, 0, 3)
    assert one.erased_verbatim == 2


def test_all_after_the_first_change_is_erased() -> None:
    """A reader has to read it again; only the word itself was corrected."""
    one = stability([partial(1, "", "we note on it"), final(2, "we vote on it")])
    assert (one.erased, one.corrected) == (3, 1)


def test_confirmed_words_that_change_are_counted_once() -> None:
    """However often they change."""
    shown = [
        partial(1, "we vote", "on"),
        partial(2, "we note on", ""),
        final(3, "we float on it"),
    ]
    one = stability(shown)
    assert (one.confirmed, one.confirmed_changed) == (3, 1)


def test_what_is_taken_back_is_erased_and_was_confirmed_in_vain() -> None:
    """A line that is dropped loses all its words."""
    one = stability([partial(1, "thanks", "for"), dropped(2)])
    assert (one.erased, one.confirmed_changed, one.final_words) == (2, 1, 0)


def test_lines_are_told_apart() -> None:
    """The next line's text erases nothing of this one; partials are timed within a line."""
    one = stability(
        [
            partial(1, "", "one", line="u1"),
            partial(1.5, "one", "two", line="u1"),
            final(1.6, "one two", line="u1"),
            partial(1.7, "", "three", line="u2"),
            final(2, "three", line="u2"),
        ]
    )
    assert (one.erased, one.final_words, one.shortest_gap_sec) == (0, 3, 0.5)
