"""WebVTT: what a parser reads is what was said."""

import html
from io import StringIO

import webvtt
from hypothesis import given
from hypothesis import strategies as st

from pipelines.export import vtt
from pipelines.export.clean import one_line
from pipelines.record.transcript import build
from tests.unit.said import gap, line, meeting

TEXT = st.text(max_size=60)


def parsed(document: str) -> webvtt.WebVTT:
    return webvtt.WebVTT.from_buffer(StringIO(document))


@given(st.lists(st.tuples(TEXT, TEXT, st.integers(0, 10**7)), max_size=6), TEXT)
def test_round_trip(said, title):
    """Any name, text and title: the same cues come back, in order, under their speakers."""
    lines = [
        line(n, name, text, start=t, identity=f"i{n}") for n, (name, text, t) in enumerate(said, 1)
    ]
    transcript = build(lines, {})
    document = vtt.render(meeting(title=title), transcript)
    spoken = [one for one in transcript.segments if one_line(one.text)]
    cues = list(parsed(document))
    assert [html.unescape(cue.text) for cue in cues] == [one_line(one.text) for one in spoken]
    assert [cue.identifier for cue in cues] == [str(one.seq) for one in spoken]
    starts = [cue.start_in_seconds for cue in cues]
    assert starts == sorted(starts)
    for cue in cues:
        assert cue.voice


def test_known_shape():
    """Escaping, voice, hours, and a gap in the meeting's language."""
    lines = [line(1, "R&D <b>", "a --> b & <i>", start=3_661_001), gap(2, "Bob", start=3_670_000)]
    document = vtt.render(meeting(), build(lines, {}))
    assert "01:01:01.001 --> 01:01:03.001\n<v R D b>a --&gt; b &amp; &lt;i&gt;\n" in document
    assert "<v Bob>[2\u00a0s non transcrites\u00a0: service en panne]" in document
    assert "automatiquement par une machine" in document
    english = vtt.render(meeting(language="en"), build(lines, {}))
    assert "[2 s not transcribed: service out of order]" in english
    # In the note, which a player doesn't show but an archive keeps.
    note = english.split("\n\n")[1]
    assert note.endswith("This transcript is incomplete. Share transcribed:\nBob 0%")


def test_every_cue_lasts():
    """An end before its start is mended: a player would drop the cue."""
    document = vtt.render(meeting(), build([line(1, "A", "x", start=1000, end_ms=900)], {}))
    assert "00:00:01.000 --> 00:00:01.001" in document
