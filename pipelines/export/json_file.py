"""The transcript as JSON, for other programs.

```
{"version": 1, "machine_made": true,
 "meeting": {"id", "room", "title", "language", "started_at", "ended_at"},   ISO 8601, UTC
 "languages": ["fr", "en"],                                  the most spoken first
 "completeness": 0.98,                                       0 to 1, over all speakers
 "speakers": [{"identity", "name", "segments", "spoken_ms", "missing_ms", "completeness"}],
 "segments": [{"id", "seq", "speaker", "name", "start_ms", "end_ms", "text", "language",
               "confidence", "words": [{"text", "start_ms", "end_ms", "probability"}]}],
 "gaps": [{"id", "seq", "speaker", "name", "start_ms", "end_ms", "reason"}]}
```

`speaker` is an identity of `speakers`; `name` is unique in the meeting. Times are milliseconds
of meeting time, in whose order segments and gaps stand. A later version only adds fields, or
has another number.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pipelines.record.transcript import Transcript
from storage.line import Line, Meeting

VERSION = 1


def render(meeting: Meeting, transcript: Transcript) -> str:
    """The JSON document described above."""
    document = {
        "version": VERSION,
        "machine_made": True,
        "meeting": {
            "id": meeting.id,
            "room": meeting.room,
            "title": meeting.title,
            "language": meeting.language,
            "started_at": _moment(meeting.started_at),
            "ended_at": _moment(meeting.ended_at),
        },
        "languages": transcript.languages,
        "completeness": round(transcript.completeness, 4),
        "speakers": [
            {
                "identity": one.identity,
                "name": one.label,
                "segments": one.segments,
                "spoken_ms": one.spoken_ms,
                "missing_ms": one.missing_ms,
                "completeness": round(one.completeness, 4),
            }
            for one in transcript.speakers
        ],
        "segments": [_place(line, transcript) | _speech(line) for line in transcript.segments],
        "gaps": [_place(line, transcript) | {"reason": line.reason} for line in transcript.gaps],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _place(line: Line, transcript: Transcript) -> dict[str, Any]:
    return {
        "id": line.id,
        "seq": line.seq,
        "speaker": line.identity,
        "name": transcript.speaker(line.identity).label,
        "start_ms": line.start_ms,
        "end_ms": line.end_ms,
    }


def _speech(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        "language": line.language,
        "confidence": round(line.confidence, 4),
        "words": [
            {
                "text": word.text,
                "start_ms": word.start_ms,
                "end_ms": word.end_ms,
                "probability": round(word.probability, 4),
            }
            for word in line.words
        ],
    }
