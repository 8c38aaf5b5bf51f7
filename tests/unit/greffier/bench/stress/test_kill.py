"""Each speaker of the kill bench has a word of their own, and a foreign one is seen."""

from __future__ import annotations

from greffier.bench.figures import words_of
from greffier.bench.speech import from_meeting
from greffier.bench.stress.kill import choose_speakers, wrong
from tests.unit.greffier.bench.stress.test_spoken import final


def test_every_check_word_is_one_speakers_only() -> None:
    """Twelve sentences of the demo meeting can be told apart by one word each."""
    speakers = choose_speakers(from_meeting(), 12)
    assert len(speakers) == 12
    for one in speakers:
        saying = [s for s in speakers if one.check_word in words_of(s.utterance.text)]
        assert saying == [one]


def test_foreign_words_and_missing_words_are_counted_apart() -> None:
    finals = [
        final(0, 1, 1, "hello budget"),
        final(1, 2, 2, "hello claire"),
        final(2, 3, 3, "hello"),
    ]
    assert wrong(finals, "budget", ["budget", "claire"]) == (1, 2)
