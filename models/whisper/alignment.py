"""When each word of a decoded text was said: the decoder's attention, followed along the sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from models.base import RecognisedWord
from models.whisper.decoded import Decoded
from models.whisper.encoded import Rows, groups
from models.whisper.item import Prepared
from models.whisper.tokens import Tokens
from models.whisper.words import aligned_words

FRAMES_PER_SEC = 100
CPU_ALIGNED = 1
"""Items that go together there: with more, the scores of a whole vocabulary a token leave the
cache, and an item costs two to three times as much. A GPU takes all at once."""


class Alignment:
    """Of one model; an engine's threads only."""

    def __init__(self, model: Any, tokens: Tokens) -> None:
        self._model = model
        self._tokens = tokens

    def words(
        self,
        encoded: Any,
        batch: Sequence[Prepared],
        languages: Sequence[str],
        decoded: Sequence[Decoded],
        *,
        wanted: Sequence[int],
    ) -> list[tuple[RecognisedWord, ...]]:
        """Return the words of each item that is `wanted`; of the others none."""
        words: list[tuple[RecognisedWord, ...]] = [()] * len(batch)
        # An empty text can't be aligned, so it borrows the end mark.
        texts = [one.tokens or [self._tokens.marks.eot] for one in decoded]
        frames = [max(math.ceil(item.audio_sec * FRAMES_PER_SEC), 2) for item in batch]
        frames = [min(count, item.mel.shape[1]) for count, item in zip(frames, batch, strict=True)]
        most = CPU_ALIGNED if encoded.device == "cpu" else len(batch)
        # One call takes one language, and a call costs as much as its items.
        for language in sorted({languages[at] for at in wanted}):
            tokenizer = self._tokens.of(language)
            for rows in groups([at for at in wanted if languages[at] == language], most):
                part = Rows.of(encoded, rows)
                results = self._model.align(
                    part.view,
                    self._tokens.start(language),
                    [texts[at] for at in part.rows],
                    [frames[at] for at in part.rows],
                )
                for at, result in zip(part.rows, results, strict=True):
                    if at in rows and decoded[at].tokens:
                        words[at] = aligned_words(
                            tokenizer, decoded[at].tokens, result, batch[at].audio_sec
                        )
        return words
