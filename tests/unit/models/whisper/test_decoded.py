from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import tokenizers

from models.whisper.decoded import Decoded, compression_ratio
from models.whisper.tokens import Tokens


def test_repetitions_pack_well() -> None:
    """A loop's compression ratio is above the limit, a sentence's below."""
    assert compression_ratio("je ne sais pas " * 20) > 2.4
    assert compression_ratio("Le comité a adopté le budget de la commune.") < 2.4


def test_nothing_said_has_a_number_that_can_be_sent(tiny_model: Path) -> None:
    """By greedy search CTranslate2 scores it -inf; times no tokens that were no number at all."""
    tokens = Tokens(
        tokenizers.Tokenizer.from_file(str(tiny_model / "tokenizer.json")), multilingual=True
    )
    silent = SimpleNamespace(sequences_ids=[[]], scores=[-math.inf], no_speech_prob=0.1)
    decoded = Decoded.of(silent, tokens)
    assert (decoded.text, decoded.avg_logprob, decoded.is_poor) == ("", 0.0, False)
    poor = SimpleNamespace(sequences_ids=[[1, 2]], scores=[-3.0], no_speech_prob=0.1)
    assert Decoded.of(poor, tokens).rank > decoded.rank, "some words are better than none"
