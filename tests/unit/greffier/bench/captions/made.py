"""Small values for the tests of the captions' bench."""

from __future__ import annotations

import numpy as np

from greffier.bench.captions.clips import Clip
from greffier.bench.captions.meeting import SaidLine, SaidTrack
from greffier.bench.captions.play import Event, PlayedTrack, Shown
from greffier.demo.script import ScriptWord
from models.base import SAMPLE_RATE
from pipelines.events import DroppedCaption, PartialCaption, Segment, Speaker, Word

SPEAKER = Speaker(identity="ana", name="Ana", track_sid="ana")


def partial(moment: float, stable: str, tail: str = "", line: str = "u1") -> Shown:
    caption = PartialCaption(
        utterance_id=line, speaker=SPEAKER, start_ms=0, stable=stable, tail=tail, language="en"
    )
    return Shown(moment_sec=moment, event=caption)


def segment(
    text: str, start: float = 0.0, end: float = 2.0, line: str = "u1", language: str = "en"
) -> Segment:
    """Its words share its time evenly."""
    parts = text.split()
    step = (end - start) * 1000 / max(len(parts), 1)
    return Segment(
        id=line,
        speaker=SPEAKER,
        start_ms=round(start * 1000),
        end_ms=round(end * 1000),
        text=text,
        language=language,
        confidence=1.0,
        words=tuple(
            Word(
                text=word,
                start_ms=round(start * 1000 + at * step),
                end_ms=round(start * 1000 + (at + 1) * step),
                probability=1.0,
            )
            for at, word in enumerate(parts)
        ),
    )


def final(moment: float, text: str, **more: object) -> Shown:
    return Shown(moment_sec=moment, event=segment(text, **more))  # type: ignore[arg-type]


def dropped(moment: float, line: str = "u1") -> Shown:
    event: Event = DroppedCaption(utterance_id=line, speaker=SPEAKER)
    return Shown(moment_sec=moment, event=event)


def line(
    text: str, start: float = 0.0, end: float | None = 2.0, language: str = "en", who: str = "ana"
) -> SaidLine:
    return SaidLine(speaker=who, language=language, text=text, start_sec=start, end_sec=end)


def track(*lines: SaidLine, shown: tuple[Shown, ...] = (), seconds: float = 10.0) -> PlayedTrack:
    samples = np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)
    return PlayedTrack(track=SaidTrack(identity="ana", samples=samples, lines=lines), shown=shown)


def clip(voice: str, language: str, text: str, *, backchannel: bool = False) -> Clip:
    """A tone as long as its words."""
    words = text.split()
    time = np.arange(round(0.3 * len(words) * SAMPLE_RATE)) / SAMPLE_RATE
    samples = (0.1 * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    return Clip(
        voice=voice,
        language=language,
        text=text,
        backchannel=backchannel,
        words=tuple(
            ScriptWord(text=word, start_sec=0.3 * at, end_sec=0.3 * (at + 1))
            for at, word in enumerate(words)
        ),
        samples=samples,
    )


def clips() -> list[Clip]:
    """Three voices, two languages."""
    return [
        clip(voice, language, text, backchannel=short)
        for voice in ("ana", "ben", "cleo")
        for language in ("fr", "en")
        for text, short in (
            (f"{voice} says one thing.", False),
            (f"And {voice} says another thing.", False),
            ("Yes.", True),
        )
    ]
