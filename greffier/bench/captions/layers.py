"""What each guard costs and gives, as a table of the report; `guards` counts."""

from __future__ import annotations

from greffier.bench.captions.guards import GuardRow, GuardTable, guard_table
from greffier.bench.captions.virtual_engine import Decoder
from models.base import Recognition, RecognitionRequest
from models.engine.job import recognition_of
from models.vad import shared_model
from pipelines.settings import CaptionSettings

_HEAD = (
    "| guards | voice detector | captions | hallucinated words | an hour | words of speech lost |\n"
    "|---|---|--:|--:|--:|--:|"
)


class AtOnce:
    """A `Recogniser` without a queue: nothing here counts time."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """Recognise it alone."""
        (transcript,) = self._decoder.decode([request])
        return recognition_of(request, transcript)


async def layers(decoder: Decoder, captions: CaptionSettings, *, seconds: float) -> GuardTable:
    """Hear that many seconds of non-speech and the demo meeting with each guard on and off."""
    return await guard_table(
        AtOnce(decoder), detector=shared_model().detector, settings=captions, seconds=seconds
    )


def as_table(table: GuardTable) -> str:
    """Return Markdown."""
    return "\n".join(
        [
            f"Over {table.seconds / 60:g} minutes of made non-speech (noise, music, typing, "
            "breath, hum, clicks, silence: `greffier/bench/nonspeech/`), and the demo meeting "
            "for what a guard takes from real speech.",
            "",
            _HEAD,
            *(_line(row, row is table.shipped) for row in table.rows),
        ]
    )


def _line(row: GuardRow, shipped: bool) -> str:
    cells = (
        f"**{row.name}** (as set)" if shipped else row.name,
        "on" if row.voice_detector else "off",
        str(row.captions),
        str(row.hallucinated_words),
        f"{row.hallucinated_words_an_hour:.0f}",
        f"{row.lost_words} of {row.spoken_words}",
    )
    return f"| {' | '.join(cells)} |"
