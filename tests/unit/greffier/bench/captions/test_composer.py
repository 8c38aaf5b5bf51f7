from __future__ import annotations

import itertools

import numpy as np
import pytest

from greffier.bench.captions.composer import compose
from greffier.bench.captions.plan import PLANS, MeetingPlan
from models.base import SAMPLE_RATE

from .made import clips

PLAN = MeetingPlan(
    name="small", people=3, languages=("fr", "en"), overlap=0.2, seconds=20, noise_dbfs=None
)


def test_the_same_seed_gives_the_same_meeting() -> None:
    """To the sample; another seed gives another one."""
    one, two, other = (compose(PLAN, clips(), seed=seed) for seed in (1, 1, 2))
    for left, right in zip(one.tracks, two.tracks, strict=True):
        assert left.lines == right.lines
        assert np.array_equal(left.samples, right.samples)
    assert [track.lines for track in one.tracks] != [track.lines for track in other.tracks]


def test_nobody_talks_over_themselves() -> None:
    """A person's lines follow each other, backchannels included, inside the track."""
    meeting = compose(PLAN, clips(), seed=3)
    for track in meeting.tracks:
        assert track.lines
        for before, after in itertools.pairwise(track.lines):
            assert before.end_sec is not None
            assert before.end_sec <= after.start_sec
        assert (track.lines[-1].end_sec or 0) < track.seconds


def test_sound_lies_where_the_lines_say() -> None:
    """After codec and level; elsewhere this microphone is digitally silent."""
    meeting = compose(PLAN, clips(), seed=1)
    track = meeting.tracks[0]
    for line in track.lines:
        first, last = round(line.start_sec * SAMPLE_RATE), round((line.end_sec or 0) * SAMPLE_RATE)
        assert np.sqrt(np.mean(track.samples[first:last] ** 2)) > 0.005
    silent = np.ones(len(track.samples), dtype=bool)
    for line in track.lines:
        begin, end = line.start_sec - 0.2, (line.end_sec or 0) + 0.2
        silent[max(round(begin * SAMPLE_RATE), 0) : round(end * SAMPLE_RATE)] = False
    assert not track.samples[silent].any()


def test_people_talk_at_once_as_much_as_is_meant() -> None:
    """With an overlap of 0 the only doubled speech is a backchannel's."""
    calm = MeetingPlan(name="calm", people=3, languages=("en",), backchannels_a_minute=0)
    lines = [line for track in compose(calm, clips(), seed=1).tracks for line in track.lines]
    for before, after in itertools.pairwise(sorted(lines, key=lambda line: line.start_sec)):
        assert after.start_sec >= (before.end_sec or 0)


def test_the_plans_are_as_wide_as_the_report_says() -> None:
    """At least twenty, two to eight people, each name once."""
    assert len(PLANS) >= 20
    assert len({plan.name for plan in PLANS}) == len(PLANS)
    assert {plan.people for plan in PLANS} == set(range(2, 9))
    assert {plan.loss for plan in PLANS} >= {0.0, 0.05, 0.1}
    assert max(plan.overlap for plan in PLANS) == pytest.approx(0.18)
