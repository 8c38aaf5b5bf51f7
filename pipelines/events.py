"""Everything that can be said about a meeting while it runs: a closed union of frozen values.

Meeting time is counted in samples at 16 kHz from the meeting's start and written in
milliseconds (`*_ms`) once it leaves the sample domain. Nothing here is mutable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.base import Pressure

SAMPLE_RATE = 16_000
"""Hz, mono, everywhere inside Greffier."""


class GapReason(StrEnum):
    """Why an interval of a participant's speech is not in the transcript."""

    OVERLOAD = "overload"
    OUTAGE = "outage"
    RESTART = "restart"
    OPTED_OUT = "opted_out"
    OFF_RECORD = "off_record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who speaks: always taken from the track, never guessed."""

    identity: str
    name: str
    track_sid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a final, in meeting time; `probability` is between 0 and 1."""

    text: str
    start_ms: int
    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """The text of a segment in another language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A recognised utterance: a line of the record and, unchanged, the caption on screen.

    `id` is unique over all meetings. `confidence` is the mean word probability, 0 to 1.
    """

    id: str
    speaker: Speaker
    start_ms: int
    end_ms: int
    text: str
    language: str
    confidence: float
    words: tuple[Word, ...] = ()
    translations: tuple[Translation, ...] = ()
    """For the screen only: the record has what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An interval of one participant's track that was not transcribed, and why."""

    id: str
    speaker: Speaker
    start_ms: int
    end_ms: int
    reason: GapReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialCaption:
    """Text of an utterance that still goes on.

    `stable` will not change any more (LocalAgreement-2); `tail` may. Both are stripped.
    `utterance_id` is the `Segment.id` of the final to come. Under `pressure` partials are rare.
    """

    utterance_id: str
    speaker: Speaker
    start_ms: int
    stable: str
    tail: str
    language: str
    pressure: Pressure = Pressure.NONE

    @property
    def text(self) -> str:
        """The whole text as a reader sees it."""
        return " ".join(part for part in (self.stable, self.tail) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalCaption:
    """An utterance has ended; its segment is committed to the record as number `seq`.

    `pressure`: whether its partials were rare, or left out; no part of the record.
    """

    seq: int
    segment: Segment
    pressure: Pressure = Pressure.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedCaption:
    """An utterance whose partials were shown turned out to be no speech; take them back."""

    utterance_id: str
    speaker: Speaker
    pressure: Pressure = Pressure.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class GapCaption:
    """Speech was lost; readers are told. Committed to the record as number `seq`."""

    seq: int
    gap: Gap
    pressure: Pressure = Pressure.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedCaption:
    """A final that is out comes again, with its text in other languages, some or all.

    `pressure` is that of now: readers believe the newest caption.
    """

    seq: int
    segment: Segment
    pressure: Pressure = Pressure.NONE


CaptionEvent = PartialCaption | FinalCaption | TranslatedCaption | DroppedCaption | GapCaption
