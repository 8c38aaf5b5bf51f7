"""The transcript as Markdown, for people and for their notes."""

from __future__ import annotations

import re

from pipelines.export.clean import clock, machine_line, one_line, supported
from pipelines.export.completeness import incomplete_line, shares
from pipelines.record.gap_text import gap_text
from pipelines.record.transcript import Transcript, Turn
from storage.line import Meeting

_TITLE = {"fr": "Transcription", "en": "Transcript"}
_COLON = {"fr": "\u00a0:", "en": ":"}

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&#$@!])")
_BLOCK_START = re.compile(r"^([+=-]|\d+(?=[.)]))")


def escape(text: str) -> str:
    """Speech as Markdown text: nothing that was said becomes a heading, a link or HTML."""
    safe = _SPECIAL.sub(r"\\\1", one_line(text))
    safe = re.sub(r"(?i)\b(https?|ftp)(:)", r"\1\\\2", safe)
    safe = re.sub(r"(?i)\b(www)\.", r"\1\\.", safe)
    start = _BLOCK_START.match(safe)
    if start is None:
        return safe
    mark = start.group(1)
    rest = safe[len(mark) :]
    return f"{mark}\\{rest}" if mark.isdigit() else f"\\{mark}{rest}"


def render(meeting: Meeting, transcript: Transcript) -> str:
    """A Markdown document in the meeting's language."""
    language = supported(meeting.language)
    colon = _COLON[language]
    title = escape(meeting.title or meeting.room)
    parts = [f"# {_TITLE[language]}{colon} {title}", f"*{machine_line(language)}*"]
    if incomplete := incomplete_line(transcript, language):
        listed = [f"- {escape(who)}{colon} {share}" for who, share in shares(transcript, language)]
        parts += [incomplete, "\n".join(listed)]
    for piece in transcript.turns():
        if isinstance(piece, Turn):
            who, text = piece.speaker.label, escape(piece.text)
            if not text:
                continue
        else:
            who = transcript.speaker(piece.identity).label
            text = f"*{gap_text(piece.reason or '', piece.end_ms - piece.start_ms, language)}*"
        parts.append(f"**{escape(who)}** ({clock(piece.start_ms)})\\\n{text}")
    return "\n\n".join(parts) + "\n"
