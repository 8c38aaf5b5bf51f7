"""The transcript as WebVTT: one cue a segment, the speaker as its voice, gaps as cues."""

from __future__ import annotations

from pipelines.export.clean import machine_line, one_line
from pipelines.export.completeness import incomplete_line, shares
from pipelines.record.gap_text import gap_text
from pipelines.record.transcript import Transcript
from storage.line import Line, Meeting


def render(meeting: Meeting, transcript: Transcript) -> str:
    """A WebVTT file. Cue starts never go back; simultaneous speech is in overlapping cues."""
    title = _text(meeting.title) or _text(meeting.room)
    note = ["NOTE", title, _text(machine_line(meeting.language))]
    if incomplete := incomplete_line(transcript, meeting.language):
        listed = [f"{_text(who)} {share}" for who, share in shares(transcript, meeting.language)]
        note += [_text(incomplete), *listed]
    header = ["WEBVTT", "\n".join(note)]
    cues = [
        cue
        for line in transcript.lines
        if (cue := _cue(line, transcript.speaker(line.identity).label, meeting.language))
    ]
    return "\n\n".join(header + cues) + "\n"


def _cue(line: Line, label: str, language: str) -> str:
    start = max(0, line.start_ms)
    gap = line.reason is not None
    length_ms = line.end_ms - line.start_ms
    said = gap_text(line.reason or "", length_ms, language) if gap else one_line(line.text)
    if not said:
        return ""
    # A player drops a cue that ends before it has begun.
    end = max(start + 1, line.end_ms)
    return f"{line.seq}\n{_time(start)} --> {_time(end)}\n<v {_voice(label)}>{_text(said)}"


def _time(ms: int) -> str:
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}"


def _text(text: str) -> str:
    """Cue text; escaping `>` also breaks `-->`, which would read as the times of a new cue."""
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _voice(label: str) -> str:
    """A voice annotation can hold no line break, `&` or `>`; `<` confuses some players."""
    return one_line(label.translate({ord(c): " " for c in "&<>"})) or "?"
