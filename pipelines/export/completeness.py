"""How complete a transcript is, in words: for the heads of the text formats."""

from __future__ import annotations

from pipelines.export.clean import supported
from pipelines.record.transcript import Transcript

_INCOMPLETE = {
    "fr": "Cette transcription est incomplète. Part transcrite\u00a0:",
    "en": "This transcript is incomplete. Share transcribed:",
}


def incomplete_line(transcript: Transcript, language: str) -> str:
    """The line above the shares; empty when nothing is missing."""
    return _INCOMPLETE[supported(language)] if transcript.gaps else ""


def shares(transcript: Transcript, language: str) -> list[tuple[str, str]]:
    """Of each speaker of whom something is missing: the label, unescaped, and the share."""
    return [
        (one.label, _percent(one.completeness, language))
        for one in transcript.speakers
        if one.missing_ms
    ]


def _percent(share: float, language: str) -> str:
    # Rounded down: only what is whole may be called 100 %.
    space = "\u00a0" if supported(language) == "fr" else ""
    return f"{int(share * 100)}{space}%"
