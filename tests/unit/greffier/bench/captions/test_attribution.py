from __future__ import annotations

import pytest

from greffier.bench.captions.attribution import attribution
from greffier.bench.captions.meeting import SaidMeeting, SaidTrack
from greffier.bench.captions.play import Played, PlayedTrack
from greffier.bench.captions.virtual_engine import Effort

from .made import final, line, track

pytest.importorskip("meeteval", reason="sh setup/python.sh bench")


def played(*tracks: PlayedTrack) -> Played:
    said: tuple[SaidTrack, ...] = tuple(one.track for one in tracks)
    meeting = SaidMeeting(name="m", kind="", languages=("en",), tracks=said)
    return Played(meeting=meeting, tracks=tracks, effort=Effort())


def test_what_another_one_is_said_to_have_said_costs_attribution() -> None:
    """The right words by the wrong person: cpWER has them twice, ORC-WER not at all."""
    ana = track(
        line("we vote on it", 0, 2),
        shown=(
            final(3, "we vote on it"),
            final(6, "yes please do so", start=4.0, end=5.0, line="u2"),
        ),
    )
    ben = track(line("yes please do so", 4, 5, who="ben"))
    one = attribution(played(ana, ben))
    assert (one.words, one.cp_errors, one.orc_errors) == (8, 8, 0)


def test_the_right_words_at_another_time_count_by_time_only() -> None:
    """tcpWER asks that a word is within 5 s of where it was said."""
    late = track(line("we vote", 0, 1), shown=(final(31, "we vote", start=30.0, end=31.0),))
    one = attribution(played(late))
    assert (one.cp_errors, one.tcp_errors) == (0, 4)


def test_without_times_there_is_no_figure_of_time() -> None:
    """A text file has none."""
    one = attribution(played(track(line("we vote", 0, None), shown=(final(1, "we vote"),))))
    assert (one.cp_errors, one.tcp_errors) == (0, None)
