"""What the decoder gave for one item, and whether to believe it. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any, Self

from models.whisper.tokens import Tokens

COMPRESSION_LIMIT = 2.4
LOGPROB_LIMIT = -1.0
NO_SPEECH_LIMIT = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """One item's text and its tokens, without the marks."""

    text: str
    tokens: list[int] = field(repr=False)
    avg_logprob: float
    no_speech_prob: float

    @classmethod
    def of(cls, result: Any, tokens: Tokens) -> Self:
        """What CTranslate2's generation result says."""
        ids = result.sequences_ids[0]
        text = [token for token in ids if token < tokens.marks.eot]
        return cls(
            text=tokens.marks.decode(text).strip(),
            tokens=text,
            # Nothing said has no mean: CTranslate2 divides by its length, which is zero.
            avg_logprob=float(result.scores[0]) * len(ids) / (len(ids) + 1) if ids else 0.0,
            no_speech_prob=float(result.no_speech_prob),
        )

    @property
    def is_silence(self) -> bool:
        """Nobody spoke, by the model's own word."""
        return self.no_speech_prob > NO_SPEECH_LIMIT and self.avg_logprob < LOGPROB_LIMIT

    @property
    def is_poor(self) -> bool:
        """A loop or a guess: worth another try."""
        packed = compression_ratio(self.text) > COMPRESSION_LIMIT
        return (packed or self.avg_logprob < LOGPROB_LIMIT) and not self.is_silence

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """The better of two texts has the higher one."""
        packed = compression_ratio(self.text) > COMPRESSION_LIMIT
        return bool(self.tokens), not packed, self.avg_logprob


def compression_ratio(text: str) -> float:
    """How well the text packs: repetitions pack too well."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))
