"""The decoder's search for a batch's text: greedy, with a beam, or hotter with several tries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from models.whisper.decoded import Decoded
from models.whisper.item import Prepared
from models.whisper.tokens import Tokens

MAX_NEW_TOKENS = 224
TOKENS_PER_SEC = 12
"""Faster than anybody speaks: a decoder that wants more is in a loop."""
SPARE_TOKENS = 12
HOTTER = 0.4
HOTTER_HYPOTHESES = 5


class Search:
    """Of one model; an engine's threads only."""

    def __init__(self, model: Any, tokens: Tokens) -> None:
        self._model = model
        self._tokens = tokens

    def run(
        self,
        encoded: Any,
        batch: Sequence[Prepared],
        languages: Sequence[str],
        *,
        beam: int,
        hotter: bool = False,
    ) -> list[Decoded]:
        """Decode what was encoded of the batch, each item in its language.

        The batch's first item says the temperature; `hotter`: at HOTTER at the least.
        """
        prompts = [
            self._tokens.opening(item.prompt, language, item.task)
            for item, language in zip(batch, languages, strict=True)
        ]
        new_tokens = self.most_tokens(max(item.audio_sec for item in batch))
        how: dict[str, Any] = {"beam_size": beam}
        temperature = max(batch[0].temperature, HOTTER if hotter else 0.0)
        if temperature:
            how = {
                "beam_size": 1,
                "num_hypotheses": HOTTER_HYPOTHESES,
                "sampling_topk": 0,
                "sampling_temperature": temperature,
            }
        results = self._model.generate(
            encoded,
            prompts,
            # CTranslate2 generates at most half of max_length, and at most what the prompt leaves.
            max_length=max(2 * new_tokens, new_tokens + len(prompts[0])),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self.suppressed(),
            **how,
        )
        return [Decoded.of(result, self._tokens) for result in results]

    def most_tokens(self, longest_sec: float) -> int:
        """How many tokens a sound of that length may have."""
        return min(MAX_NEW_TOKENS, math.ceil(longest_sec * TOKENS_PER_SEC) + SPARE_TOKENS)

    def suppressed(self) -> list[int]:
        """Tokens that no text may have."""
        return self._tokens.suppressed()
