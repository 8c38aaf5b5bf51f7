"""Makes words with times and probabilities of tokens and their alignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from faster_whisper.tokenizer import Tokenizer

from models.base import RecognisedWord

POSITIONS_PER_SEC = 50
OPENING = frozenset("«“„‘([{¿¡-—–\"'")
WITHOUT_SPACES = frozenset(("zh", "ja", "th", "lo", "my", "yue"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Tokens that make one word; `text` may have a leading space."""

    text: str
    tokens: int


def group(subwords: list[str], counts: list[int], *, spaces: bool = True) -> list[Piece]:
    """Join subwords to words. Closing punctuation goes with the word before, even after a space.

    French writes "Oui ?" and "l'ordre": the mark belongs to its word, the apostrophe opens none.
    """
    pieces: list[Piece] = []
    for subword, count in zip(subwords, counts, strict=True):
        last = pieces[-1] if pieces else None
        if last is not None and _joins(last.text, subword, spaces=spaces):
            pieces[-1] = Piece(text=last.text + subword, tokens=last.tokens + count)
        else:
            pieces.append(Piece(text=subword, tokens=count))
    return pieces


def _joins(before: str, subword: str, *, spaces: bool) -> bool:
    mark, held = subword.strip(), before.strip()
    if held and all(character in OPENING for character in held):
        return True
    closing = not any(character.isalnum() for character in mark)
    if closing and not (mark and subword.startswith(" ") and mark[0] in OPENING):
        return True
    return spaces and not subword.startswith(" ")


def aligned_words(
    tokenizer: Tokenizer, tokens: list[int], alignment: Any, audio_sec: float
) -> tuple[RecognisedWord, ...]:
    """Words of `tokens`, times in seconds, none after `audio_sec`."""
    subwords, ids = tokenizer.split_tokens_on_unicode(tokens)
    pieces = group(
        subwords,
        [len(one) for one in ids],
        spaces=tokenizer.language_code not in WITHOUT_SPACES,
    )
    pairs = np.array(alignment.alignments, dtype=np.int64).reshape(-1, 2)
    if not len(pairs):
        return ()
    first_of_token = np.concatenate(([True], np.diff(pairs[:, 0]) > 0))
    starts_sec = pairs[first_of_token, 1] / POSITIONS_PER_SEC
    probabilities = np.array(alignment.text_token_probs, dtype=np.float64)
    words: list[RecognisedWord] = []
    at = 0
    for piece in pieces:
        end = at + piece.tokens
        start_sec = float(starts_sec[min(at, len(starts_sec) - 1)])
        end_sec = float(starts_sec[end]) if end < len(starts_sec) else audio_sec
        words.append(
            RecognisedWord(
                text=piece.text.strip(),
                start_sec=min(start_sec, audio_sec),
                end_sec=min(max(end_sec, start_sec), audio_sec),
                probability=float(probabilities[at:end].mean()) if len(probabilities) else 0.0,
            )
        )
        at = end
    return tuple(word for word in words if word.text)
