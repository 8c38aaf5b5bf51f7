"""Segments cut into sentences: what the digest chooses from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.minutes.words import content_words, fold
from pipelines.record.transcript import Transcript

_END = re.compile(r"(?<=[.!?…])\s+(?=[^\W\d_]|\d|[«\"“])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence as it was said, with the segment it stands in and who said it."""

    index: int
    text: str
    segment: str
    speaker: str
    start_ms: int

    @property
    def folded(self) -> str:
        """The text as the cues read it."""
        return fold(self.text).strip(" .!…")

    @property
    def content(self) -> set[str]:
        """Its content words."""
        return content_words(self.text)


def sentences(transcript: Transcript) -> list[Sentence]:
    """All sentences in meeting order; `speaker` is the label that is unique in the meeting."""
    found: list[Sentence] = []
    for line in transcript.segments:
        label = transcript.speaker(line.identity).label
        for text in _END.split(" ".join(line.text.split())):
            if text:
                found.append(
                    Sentence(
                        index=len(found),
                        text=text,
                        segment=line.id,
                        speaker=label,
                        start_ms=line.start_ms,
                    )
                )
    return found
