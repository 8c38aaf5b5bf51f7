"""Meetings for tests: lines as they would stand in the record."""

import json
from datetime import UTC, datetime
from pathlib import Path

from pipelines.record.transcript import Transcript, build
from storage.line import Line, LineWord, Meeting, MeetingState, Organiser

DEMO = Path(__file__).parents[2] / "assets" / "demo-meeting" / "script.json"
ORGANISER = Organiser(email="claire@exemple.fr", name="Claire Martin", language="fr")


def line(seq: int, who: str, text: str, *, start: int | None = None, **given) -> Line:
    """A segment of two seconds, three seconds after the one before."""
    begin = (seq - 1) * 3000 if start is None else start
    values = {
        "id": f"s{seq}",
        "seq": seq,
        "identity": who.lower().replace(" ", "-"),
        "name": who,
        "track_sid": "TR",
        "start_ms": begin,
        "end_ms": begin + 2000,
        "text": text,
        "language": "fr",
        "confidence": 0.9,
        "words": (LineWord(text=text, start_ms=begin, end_ms=begin + 2000, probability=0.9),),
    }
    return Line(**(values | given))


def gap(seq: int, who: str, reason: str = "outage", **given) -> Line:
    """A gap of two seconds."""
    return line(seq, who, "", words=(), confidence=0.0, language="", reason=reason, **given)


def talk(*said: tuple[str, str]) -> Transcript:
    """A transcript of (who, what)."""
    return build([line(n, who, text) for n, (who, text) in enumerate(said, 1)], {})


def meeting(**given) -> Meeting:
    """An ended meeting of five minutes."""
    values = {
        "id": "11111111-2222-3333-4444-555555555555",
        "room": "conseil",
        "title": "Conseil municipal",
        "language": "fr",
        "organisers": (ORGANISER,),
        "state": MeetingState.ENDED,
        "started_at": datetime(2026, 11, 1, 14, 5, tzinfo=UTC),
        "notice_at": None,
        "ended_at": datetime(2026, 11, 1, 14, 10, tzinfo=UTC),
        "delivered_at": None,
        "error": None,
        "holder": None,
        "lease_until": None,
    }
    return Meeting(**(values | given))


def demo() -> Transcript:
    """The demo meeting, as its script has it."""
    script = json.loads(DEMO.read_text("utf-8"))
    return build(
        [
            line(n, one["speaker"], one["text"], language=one["language"])
            for n, one in enumerate(script, 1)
        ],
        {},
    )
