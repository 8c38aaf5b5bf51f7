"""A model of random weights that says as much as a person would: it never ends by itself."""

from __future__ import annotations

import math
from typing import Any

from models.base import Kind
from models.whisper.item import Prepared
from models.whisper.model import WhisperModel

TOKENS_A_SEC = 4.0
"""French and English as they are spoken; Whisper's tokens are a bit shorter than words."""


class ForcedModel(WhisperModel):
    """Decodes `TOKENS_A_SEC` tokens for each second of sound, and never a second time."""

    def new_tokens(self, longest_sec: float) -> int:
        """Always as many as this."""
        return max(math.ceil(longest_sec * TOKENS_A_SEC), 1)

    def _suppressed(self) -> list[int]:
        return [*super()._suppressed(), self._tokens.marks.eot]

    def _retry(self, *_: Any) -> list[int]:
        """Random text always looks poor, and real text seldom does."""
        return []

    def _unsure(self, first: Prepared, decoded: Any, *_: Any) -> list[int]:
        """Random text is never sure of a word; of real finals one in five is not."""
        return list(range(0, len(decoded), 5)) if first.kind is Kind.FINAL else []
