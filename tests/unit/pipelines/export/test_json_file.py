"""transcript.json: the documented shape."""

import json

from pipelines.export import json_file
from pipelines.record.transcript import build
from tests.unit.said import gap, line, meeting


def test_document():
    """Every documented field is there, and it says that a machine made it."""
    lines = [line(1, "Claire", "Bonjour <à> tous."), gap(2, "Claire")]
    document = json.loads(json_file.render(meeting(), build(lines, {"bob": "Bob"})))
    assert document["version"] == 1
    assert document["machine_made"] is True
    assert document["meeting"]["started_at"] == "2026-11-01T14:05:00+00:00"
    assert document["completeness"] == 0.5
    assert [one["name"] for one in document["speakers"]] == ["Bob", "Claire"]
    assert document["segments"] == [
        {
            "id": "s1", "seq": 1, "speaker": "claire", "name": "Claire", "start_ms": 0,
            "end_ms": 2000, "text": "Bonjour <à> tous.", "language": "fr", "confidence": 0.9,
            "words": [
                {"text": "Bonjour <à> tous.", "start_ms": 0, "end_ms": 2000, "probability": 0.9}
            ],
        }
    ]  # fmt: skip
    assert document["gaps"][0]["reason"] == "outage"
