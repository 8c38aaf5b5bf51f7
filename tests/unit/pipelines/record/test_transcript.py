"""The transcript: order, names, gaps, completeness."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.record.transcript import Turn, build
from tests.unit.said import gap, line


def test_order_is_meeting_time_then_seq():
    """A line committed late stands where it was said."""
    lines = [
        line(1, "A", "un", start=500),
        line(2, "B", "deux", start=100),
        line(3, "C", "t", start=500),
    ]
    assert [one.seq for one in build(lines, {}).lines] == [2, 1, 3]


def test_same_name_stays_apart():
    """Two people of one name get two labels, in order of joining; case and spaces don't matter."""
    people = {"i1": "Claire Martin", "i2": "claire  martin", "i3": "Claire Martin (2)"}
    labels = [one.label for one in build([], people).speakers]
    assert labels == ["Claire Martin", "claire martin (2)", "Claire Martin (2) (2)"]


def test_who_renames_or_rejoins_is_one_speaker():
    """Lines go by identity; the name of the list stands over all of them."""
    lines = [line(1, "Ann", "un", identity="i1"), line(2, "Ann Lee", "deux", identity="i1")]
    transcript = build(lines, {"i1": "Ann Lee"})
    assert [(one.label, one.segments) for one in transcript.speakers] == [("Ann Lee", 2)]
    [turn] = transcript.turns()
    assert isinstance(turn, Turn)
    assert turn.text == "un deux"


def test_name_falls_back_to_the_line_then_the_identity():
    """Who is not in the list has the name of the line; without one, the identity."""
    transcript = build(
        [line(1, "A", "x", identity="i1"), line(2, "", "y", identity="i2")], {"i1": ""}
    )
    assert [one.label for one in transcript.speakers] == ["A", "i2"]


def test_turns_end_at_another_speaker_and_at_a_gap():
    """Consecutive segments of one person are one turn; a gap stands between two."""
    lines = [
        line(1, "A", "un"),
        line(2, "A", "deux"),
        gap(3, "A"),
        line(4, "A", "trois"),
        line(5, "B", "q"),
    ]
    pieces = build(lines, {}).turns()
    assert [piece.text if isinstance(piece, Turn) else piece.reason for piece in pieces] == [
        "un deux", "outage", "trois", "q",
    ]  # fmt: skip


def test_completeness():
    """A gap counts whole; overlapping lines of one person count once; silence is complete."""
    lines = [line(1, "A", "x", start=0), line(2, "A", "x", start=1000), gap(3, "A", start=4000)]
    transcript = build(lines, {"b": "B"})
    speaker = transcript.speaker("a")
    assert (speaker.spoken_ms, speaker.missing_ms, speaker.completeness) == (3000, 2000, 0.6)
    assert transcript.speaker("b").completeness == 1.0
    assert transcript.completeness == 0.6


def test_languages_by_time_spoken():
    """The most spoken language comes first."""
    lines = [line(1, "A", "x", language="en"), line(2, "A", "x"), line(3, "A", "x")]
    assert build(lines, {}).languages == ("fr", "en")


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 9000)), max_size=12))
def test_every_line_is_in_exactly_one_place(said):
    """Whatever the order of commits, each line is in the turns once."""
    lines = [line(n, who, str(n), start=start) for n, (who, start) in enumerate(said, 1)]
    read = [one.id for turn in build(reversed(lines), {}).turns() for one in turn.segments]
    assert sorted(read) == sorted(one.id for one in lines)
