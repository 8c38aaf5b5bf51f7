"""Each speaker of the kill bench has a word of their own, and a foreign one is seen."""

from __future__ import annotations

from greffier.bench.figures import words_of
from greffier.bench.speech import from_meeting
from greffier.bench.stress.kill import Speaker, choose_speakers, survived_of, wrong
from greffier.bench.stress.live import LiveRun
from models.base import Pressure
from tests.unit.greffier.bench.made import utterance
from tests.unit.greffier.bench.stress.test_spoken import PLAYED, final, script


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


def test_finals_that_a_kill_met_are_counted_with_the_longest_wait() -> None:
    """Sent from 100 s on: one in time, one after 2.5 s, one never."""
    speaker = Speaker(utterance=utterance("hello budget", 2), check_word="budget")
    none = dict.fromkeys(Pressure, 0)
    run = LiveRun(
        played=PLAYED,
        start=100.0,
        finals=((final(1, 3, 103.5, "hello budget"), final(6, 7, 109.5, "hello budget")),),
        gaps=((),),
        samples=(),
        partials_under=none,
        finals_under=none,
    )
    found = survived_of(run, [script((1, 3), (6, 7))], [speaker], kills=1)
    assert (found.lost, found.late, found.wrong_speaker, found.without_word) == (0, 1, 0, 0)
    assert found.final_max_s is not None
    assert abs(found.final_max_s - 2.5) < 0.05
    found = survived_of(run, [script((1, 3), (6, 7), (10, 12))], [speaker], kills=1)
    assert (found.lost, found.final_max_s) == (1, None)
