from __future__ import annotations

import pytest

from greffier.bench.captions.accuracy import accuracy

from .made import final, line, track


def test_words_where_nobody_speaks_are_hallucinated() -> None:
    """Near speech they are errors, not inventions."""
    played = track(
        line("we vote", 0, 1),
        shown=(
            final(2, "we vote", start=0.0, end=1.0),
            final(9, "thank you all", start=6.0, end=8.0, line="u2"),
        ),
    )
    one = accuracy(played, timed=True)
    assert (one.hallucinated_words, one.errors, one.words) == (3, 3, 2)


def test_speech_without_a_line_is_missed() -> None:
    """Counted in seconds, but for the little that detectors cut off."""
    played = track(
        line("we vote", 0, 1),
        line("all of us", 4, 6.5),
        shown=(final(2, "we vote", start=0.1, end=0.9),),
    )
    one = accuracy(played, timed=True)
    assert one.missed_sec == pytest.approx(2.5)
    assert one.speech_sec == pytest.approx(3.5)


def test_a_line_in_a_language_nobody_spoke_then_is_an_error() -> None:
    """Where two languages were spoken at the time either is right."""
    lines = (line("we vote", 0, 1), line("nous votons", 3, 4, language="fr"))
    right = final(2, "we vote", start=0.0, end=1.0, language="en")
    wrong = final(5, "new vote on", start=3.0, end=4.0, language="en", line="u2")
    assert accuracy(track(*lines, shown=(right, wrong)), timed=True).language_errors == 1
    both = final(5, "we vote nous votons", start=0.0, end=4.0, language="fr")
    assert accuracy(track(*lines, shown=(both,)), timed=True).language_errors == 0


def test_kinds_of_words_count_lost_and_invented_ones() -> None:
    """A "not" that was heard and never said is as bad as one that was lost."""
    played = track(
        line("We do not agree with Anna on twelve.", 0, 2),
        shown=(final(3, "we do agree with not on twenty"),),
    )
    one = accuracy(played, timed=True)
    assert (one.negations, one.negations_wrong) == (1, 2)
    assert (one.numbers, one.numbers_wrong) == (1, 2)
    assert (one.names, one.names_wrong) == (1, 1)


def test_without_times_only_the_words_are_counted() -> None:
    """A text file says nothing about when."""
    played = track(line("we vote", 0, None), shown=(final(9, "we note", start=8.0, end=9.0),))
    one = accuracy(played, timed=False)
    assert (one.errors, one.hallucinated_words, one.missed_sec) == (1, 0, 0.0)
