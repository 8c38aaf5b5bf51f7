"""What the decoder is asked for: how wide, how hot, how long."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.base import Kind
from models.whisper.files import load_files
from models.whisper.item import Prepared
from models.whisper.search import Search
from models.whisper.tokens import Tokens


class Asked:
    """CTranslate2's model, that keeps what it was asked for and gives an empty text."""

    def __init__(self) -> None:
        self.how: dict[str, Any] = {}

    def generate(self, encoded: object, prompts: list[list[int]], **how: Any) -> list[Any]:
        self.how = how
        return [
            SimpleNamespace(sequences_ids=[[]], scores=[0.0], no_speech_prob=0.0) for _ in prompts
        ]


@pytest.fixture(scope="module")
def tokens(tiny_model: Path) -> Tokens:
    loaded = load_files(tiny_model, device="cpu", compute_type="default", threads=1, workers=1)
    return Tokens(loaded.tokenizer, multilingual=True)


def item(audio_sec: float, temperature: float = 0.0, prompt: tuple[int, ...] = ()) -> Prepared:
    return Prepared(
        mel=np.zeros((80, 200), np.float32),
        audio_sec=audio_sec,
        kind=Kind.FINAL,
        prompt=prompt,
        language="en",
        languages=("en",),
        temperature=temperature,
    )


def test_a_cool_search_has_the_beam_and_a_hot_one_tries(tokens: Tokens) -> None:
    """Hotter than nothing is 0.4 at the least, and never cooler than the item asks for."""
    asked = Asked()
    search = Search(asked, tokens)
    search.run(None, [item(1)], ["en"], beam=5)
    assert asked.how["beam_size"] == 5
    assert "sampling_temperature" not in asked.how
    for own, hotter, heat in ((0.0, True, 0.4), (0.2, False, 0.2), (0.8, True, 0.8)):
        search.run(None, [item(1, own)], ["en"], beam=5, hotter=hotter)
        assert (asked.how["beam_size"], asked.how["sampling_temperature"]) == (1, heat)
        assert asked.how["num_hypotheses"] > 1


def test_a_loop_ends_by_the_length_of_the_longest_sound(tokens: Tokens) -> None:
    """Twelve tokens a second and some; CTranslate2 takes half of the limit, and the prompt's."""
    asked = Asked()
    search = Search(asked, tokens)
    search.run(None, [item(1), item(2.5)], ["en", "en"], beam=1)
    assert search.most_tokens(2.5) == 42
    assert asked.how["max_length"] == 84
    assert search.most_tokens(600) == 224
    search.run(None, [item(1, prompt=tuple(range(100)))], ["en"], beam=1)
    assert asked.how["max_length"] >= search.most_tokens(1) + 100


def test_no_text_holds_a_mark(tokens: Tokens) -> None:
    """Tasks and languages are chosen for the decoder, never by it."""
    marks = tokens.marks
    assert {marks.sot, marks.sot_prev, marks.no_speech} <= set(Search(Asked(), tokens).suppressed())
