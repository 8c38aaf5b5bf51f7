from __future__ import annotations

import pytest

from models.whisper.words import group


@pytest.mark.parametrize(
    ("subwords", "words"),
    [
        ([" Oui", " ?", " Non", " !"], [" Oui ?", " Non !"]),
        ([" l", "'", "ord", "re", " du", " jour", "."], [" l'ordre", " du", " jour."]),
        ([" «", " Bon", "jour", " »"], [" « Bonjour »"]),
        ([" rendez", "-", "vous", ",", " (", "ici", ")"], [" rendez-vous,", " (ici)"]),
        (["Hello", " world", "..."], ["Hello", " world..."]),
    ],
)
def test_words_keep_their_punctuation(subwords: list[str], words: list[str]) -> None:
    """Marks belong to their word, spaced as in French or not."""
    pieces = group(subwords, [1] * len(subwords))
    assert [piece.text for piece in pieces] == words
    assert sum(piece.tokens for piece in pieces) == len(subwords)
