"""One caption as a text stream on `lk.transcription`: text and attributes (docs/protocol.md)."""

from __future__ import annotations

from dataclasses import dataclass

from models.base import Pressure
from pipelines.events import (
    CaptionEvent,
    DroppedCaption,
    FinalCaption,
    GapCaption,
    PartialCaption,
    Speaker,
    TranslatedCaption,
)
from pipelines.record.gap_text import gap_text

TOPIC = "lk.transcription"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionStream:
    """What one stream carries."""

    speaker: Speaker
    text: str
    attributes: dict[str, str]


def caption_stream(caption: CaptionEvent, language: str) -> CaptionStream:
    """The stream for a caption; gaps are said in `language`, the meeting's own."""
    match caption:
        case PartialCaption():
            return _stream(
                caption.utterance_id,
                caption.speaker,
                caption.text,
                final=False,
                stable=len(caption.stable),
                language=caption.language,
                start_ms=caption.start_ms,
                **_pressure(caption.pressure),
            )
        case FinalCaption(segment=segment) | TranslatedCaption(segment=segment):
            return _stream(
                segment.id,
                segment.speaker,
                segment.text,
                final=True,
                stable=len(segment.text),
                language=segment.language,
                start_ms=segment.start_ms,
                end_ms=segment.end_ms,
                seq=caption.seq,
                **{f"translation.{one.language}": one.text for one in segment.translations},
                **_pressure(caption.pressure),
            )
        case GapCaption(gap=gap):
            return _stream(
                gap.id,
                gap.speaker,
                gap_text(gap.reason, gap.end_ms - gap.start_ms, language),
                final=True,
                start_ms=gap.start_ms,
                end_ms=gap.end_ms,
                seq=caption.seq,
                gap=gap.reason.value,
                **_pressure(caption.pressure),
            )
        case DroppedCaption():
            return _stream(
                caption.utterance_id,
                caption.speaker,
                "",
                final=True,
                dropped="true",
                **_pressure(caption.pressure),
            )


def _pressure(pressure: Pressure) -> dict[str, str]:
    """Readers are told why captions come late; nothing where they don't."""
    return {} if pressure is Pressure.NONE else {"pressure": pressure.value}


def _stream(
    utterance_id: str,
    speaker: Speaker,
    text: str,
    *,
    final: bool,
    **ours: str | int,
) -> CaptionStream:
    return CaptionStream(
        speaker=speaker,
        text=text,
        attributes={
            "lk.segment_id": utterance_id,
            "lk.transcribed_track_id": speaker.track_sid,
            "lk.transcription_final": "true" if final else "false",
            "greffier.speaker": speaker.identity,
            **{f"greffier.{name}": str(value) for name, value in ours.items()},
        },
    )
