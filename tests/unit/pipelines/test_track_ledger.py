"""Each sample of a track is in one interval: by hand here, by chance in test_completeness."""

import pytest

from pipelines.track_ledger import Fate, Interval, TrackLedger


def ledger() -> tuple[TrackLedger, list[Interval]]:
    told: list[Interval] = []
    return TrackLedger(told.append), told


def test_what_nobody_claims_is_silence() -> None:
    one, told = ledger()
    one.begin(100)
    one.hear(500)
    one.settle(300)
    assert told == [Interval(start_sample=100, end_sample=300, fate=Fate.SILENCE)]
    assert (one.settled, one.end) == (300, 500)


def test_nothing_after_an_undecided_utterance_is_settled() -> None:
    """An utterance that comes out later holds up what was decided after it."""
    one, told = ledger()
    one.begin(0)
    one.claim(100, 200)
    one.claim(200, 300)
    one.decide(200, Fate.GAP, "outage")
    one.settle(300)
    assert one.settled == 100
    one.decide(100, Fate.TRANSCRIBED)
    one.settle(300)
    assert [(i.start_sample, i.end_sample, i.fate, i.reason) for i in told] == [
        (0, 100, "silence", ""),
        (100, 200, "transcribed", ""),
        (200, 300, "gap", "outage"),
    ]


def test_what_may_still_be_claimed_is_not_settled() -> None:
    one, told = ledger()
    one.begin(0)
    one.skip(50, "muted")
    one.hear(400)
    one.settle(50)
    assert [(i.end_sample, i.reason) for i in told] == [(50, "muted")]
    one.claim(60, 100)
    one.settle(50)
    assert one.settled == 50


def test_two_claims_never_overlap() -> None:
    one, _ = ledger()
    one.begin(0)
    one.claim(10, 20)
    for start, end in ((19, 30), (30, 30)):
        with pytest.raises(ValueError, match="overlaps"):
            one.claim(start, end)


def test_before_the_track_begins_nothing_is_settled() -> None:
    one, told = ledger()
    one.settle(1_000)
    assert told == []
    assert (one.begin(70), one.begin(90)) == (70, 70)
