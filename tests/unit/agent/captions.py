"""Captions of two speakers."""

from __future__ import annotations

from pipelines.events import FinalCaption, PartialCaption, Segment, Speaker

CLAIRE = Speaker(identity="claire", name="Claire", track_sid="TR_1")
THOMAS = Speaker(identity="thomas", name="Thomas", track_sid="TR_2")


def partial(stable: str, tail: str = "", *, who: Speaker = CLAIRE, of: str = "u") -> PartialCaption:
    return PartialCaption(
        utterance_id=f"{of}-{who.identity}",
        speaker=who,
        start_ms=100,
        stable=stable,
        tail=tail,
        language="fr",
    )


def final(text: str, *, who: Speaker = CLAIRE, of: str = "u") -> FinalCaption:
    segment = Segment(
        id=f"{of}-{who.identity}",
        speaker=who,
        start_ms=100,
        end_ms=900,
        text=text,
        language="fr",
        confidence=0.9,
    )
    return FinalCaption(seq=1, segment=segment)
