"""What is counted and timed of a meeting's captions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from prometheus_client import generate_latest
from sqlalchemy.exc import OperationalError

from agent.caption_watch import CaptionWatch
from pipelines.events import (
    DroppedCaption,
    FinalCaption,
    Gap,
    GapCaption,
    GapReason,
    PartialCaption,
    Segment,
)
from tests.unit.agent.captions import CLAIRE

ZERO = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
ID = "m/TR_1/16000"


class Clock:
    def __init__(self) -> None:
        self.meeting_sec = 0.0

    def __call__(self) -> float:
        return ZERO + self.meeting_sec


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(clock: Clock) -> CaptionWatch:
    return CaptionWatch(zero_sec=ZERO, now=clock)


def value(watch: CaptionWatch, name: str, **labels: str) -> float:
    found = watch.metrics.registry.get_sample_value(f"greffier_worker_{name}", labels)
    assert found is not None, name
    return found


def partial() -> PartialCaption:
    return PartialCaption(
        utterance_id=ID, speaker=CLAIRE, start_ms=1000, stable="Bonjour", tail="à", language="fr"
    )


def final(text: str = "Bonjour à tous.") -> FinalCaption:
    segment = Segment(
        id=ID, speaker=CLAIRE, start_ms=1000, end_ms=3000, text=text, language="fr", confidence=1.0
    )
    return FinalCaption(seq=1, segment=segment)


def gap() -> Gap:
    return Gap(id=ID, speaker=CLAIRE, start_ms=1000, end_ms=3500, reason=GapReason.OUTAGE)


def test_first_text_counts_from_the_first_sample_and_a_final_from_the_last(
    watch: CaptionWatch, clock: Clock
) -> None:
    """Spoken from 1.0 to 3.0 s, first text at 1.8 s, final at 3.6 s: one first text."""
    clock.meeting_sec = 1.8
    watch.shown(partial(), sent=True)
    clock.meeting_sec = 2.6
    watch.shown(partial(), sent=True)
    clock.meeting_sec = 3.6
    watch.shown(final(), sent=True)
    assert value(watch, "first_text_seconds_count") == 1
    assert value(watch, "first_text_seconds_sum") == pytest.approx(0.8)
    assert value(watch, "final_seconds_sum") == pytest.approx(0.6)
    assert value(watch, "captions_shown_total", kind="partial") == 2
    assert value(watch, "captions_shown_total", kind="final") == 1


def test_a_final_without_partials_is_the_first_text_too(watch: CaptionWatch, clock: Clock) -> None:
    """Short utterances have none."""
    clock.meeting_sec = 3.4
    watch.shown(final(), sent=True)
    assert value(watch, "first_text_seconds_sum") == pytest.approx(2.4)
    assert value(watch, "final_seconds_sum") == pytest.approx(0.4)


def test_what_was_not_sent_has_no_time(watch: CaptionWatch, clock: Clock) -> None:
    """A caption that was given up would flatter nobody, and slow no figure down."""
    clock.meeting_sec = 9.0
    watch.shown(partial(), sent=False)
    watch.shown(final(), sent=False)
    watch.shown(GapCaption(seq=2, gap=gap()), sent=True)
    watch.shown(DroppedCaption(utterance_id=ID, speaker=CLAIRE), sent=True)
    assert value(watch, "first_text_seconds_count") == 0
    assert value(watch, "final_seconds_count") == 0
    assert value(watch, "captions_unshown_total", kind="final") == 1
    assert value(watch, "captions_shown_total", kind="gap") == 1
    assert value(watch, "captions_shown_total", kind="dropped") == 1


def test_lines_are_counted_once_they_are_committed(watch: CaptionWatch) -> None:
    """Gaps by reason, with their length; a commit that fails counts as none."""
    with watch.committing(gap()):
        assert value(watch, "gaps_total", reason="outage") == 0
    with watch.committing(final().segment):
        pass
    watch.commit_failed()
    with (
        pytest.raises(OperationalError),
        watch.committing(final().segment),
    ):
        raise OperationalError("insert", {}, Exception("locked"))
    assert value(watch, "gaps_total", reason="outage") == 1
    assert value(watch, "gap_seconds_total", reason="outage") == 2.5
    assert value(watch, "gaps_total", reason="overload") == 0
    assert value(watch, "utterances_total") == 1
    assert value(watch, "commit_retries_total") == 1


def test_no_label_says_who_or_what(watch: CaptionWatch) -> None:
    """Neither names, ids nor words."""
    with watch.committing(final("secret words").segment):
        pass
    watch.shown(partial(), sent=True)
    watch.shown(final("secret words"), sent=True)
    page = generate_latest(watch.metrics.registry).decode()
    for secret in ("secret", CLAIRE.name, CLAIRE.identity, "TR_1"):
        assert secret not in page
