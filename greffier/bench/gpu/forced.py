"""A model of random weights that says as much as a person would: it never ends by itself."""

from __future__ import annotations

import math
from typing import Any

from models.base import Kind
from models.settings import AsrSettings
from models.whisper.files import Loaded
from models.whisper.item import Prepared
from models.whisper.model import WhisperModel
from models.whisper.search import Search

TOKENS_A_SEC = 4.0
"""French and English as they are spoken; Whisper's tokens are a bit shorter than words."""


class ForcedSearch(Search):
    """Finds `TOKENS_A_SEC` tokens for each second of sound."""

    def most_tokens(self, longest_sec: float) -> int:
        """Always as many as this."""
        return max(math.ceil(longest_sec * TOKENS_A_SEC), 1)

    def suppressed(self) -> list[int]:
        """The end of the text, too."""
        return [*super().suppressed(), self._tokens.marks.eot]


class ForcedModel(WhisperModel):
    """Decodes as many tokens as it is told, and never a second time."""

    def __init__(self, loaded: Loaded, settings: AsrSettings) -> None:
        super().__init__(loaded, settings)
        self._search = ForcedSearch(self._model, self._tokens)

    def tokens_of(self, audio_sec: float) -> int:
        """How many tokens it gives for so much sound."""
        return self._search.most_tokens(audio_sec)

    def _retry(self, *_: Any) -> list[int]:
        """Random text always looks poor, and real text seldom does."""
        return []

    def _unsure(self, first: Prepared, decoded: Any, *_: Any) -> list[int]:
        """Random text is never sure of a word; of real finals one in five is not."""
        return list(range(0, len(decoded), 5)) if first.kind is Kind.FINAL else []
