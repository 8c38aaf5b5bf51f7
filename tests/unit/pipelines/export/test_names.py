"""Who said it, in every file that a reader opens."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

from pipelines.export import json_file, markdown, vtt
from pipelines.record.transcript import Transcript, build
from tests.unit.said import line, meeting


def heard() -> Transcript:
    """One person joins as Ana, comes back as Ana Durand on another track; a namesake is there."""
    lines = [
        line(1, "Ana", "Bonjour.", identity="p1", track_sid="TR_1"),
        line(2, "Ana Durand", "Me revoilà.", identity="p1", track_sid="TR_2"),
        line(3, "Ana Durand", "Moi aussi.", identity="p2", track_sid="TR_3"),
    ]
    return build(lines, {"p1": "Ana Durand", "p2": "Ana Durand"})


@pytest.mark.parametrize("export", [json_file, markdown, vtt])
def test_an_identity_is_one_speaker_and_namesakes_are_two(export: ModuleType) -> None:
    """After a rename and a rejoin the newest name stands, and the namesake has a number."""
    document = export.render(meeting(), heard())
    first, second = document.index("Bonjour."), document.index("Moi aussi.")
    assert "Ana Durand (2)" in document or r"Ana Durand \(2\)" in document
    assert "Ana Durand" in document[:second]
    assert "Ana<" not in document
    assert first < second


def test_lines_keep_their_identity() -> None:
    """The file says which of the two it was."""
    document = json.loads(json_file.render(meeting(), heard()))
    assert "p1" in json.dumps(document)
    assert [one.segments for one in heard().speakers] == [2, 1]
    turns = heard().turns()
    assert [turn.speaker.label for turn in turns] == ["Ana Durand", "Ana Durand (2)"]
