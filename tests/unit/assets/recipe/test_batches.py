"""Training examples: what the decoder reads, what it learns, what the encoder is asked to hear."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from assets.recipe import batches
from assets.recipe.batches import IGNORED, Composer, Example
from assets.recipe.corpus import Clip
from assets.recipe.mel import FRAMES_PER_SEC
from assets.recipe.tokenizer import (
    END_OF_TEXT,
    FIRST_TIMESTAMP,
    LANGUAGE_TOKENS,
    NO_SPEECH,
    NO_TIMESTAMPS,
    PREVIOUS,
    START,
    TRANSCRIBE,
    load,
)

TOKENIZER = load(Path(__file__).parents[4] / "assets" / "demo-model" / "tokenizer.json")
TEXTS = {"fr": "Le budget est voté.", "en": "We have a plan."}
SEC = 1.6


def clip(language: str) -> Clip:
    words = len(TEXTS[language].split())
    return Clip(
        language=language,
        text=TEXTS[language],
        log_mel=np.zeros((80, round(SEC * FRAMES_PER_SEC)), dtype=np.float16),
        word_ends_sec=tuple(0.1 + 1.4 * (i + 1) / words for i in range(words)),
    )


@pytest.fixture
def composer(monkeypatch: pytest.MonkeyPatch) -> Composer:
    monkeypatch.setattr(batches, "phonemes", lambda text, _language: tuple(text.replace(" ", "")))
    letters = sorted(set("".join(TEXTS.values())) - {" ", "."})
    clips = [clip(language) for language in ("fr", "en")]
    return Composer(clips, TOKENIZER, np.random.default_rng(3), letters)


def test_thinning_keeps_every_sentence_and_one_drill_in_so_many() -> None:
    drills = [dataclasses.replace(clip("fr"), drill=True) for _ in range(9)]
    kept = batches.thinned([*drills, clip("en"), clip("fr")], 4)
    assert [one.drill for one in kept] == [False, False, True, True, True]


def learned(example: Example) -> list[int]:
    return [target for target in example.targets if target != IGNORED]


def test_what_is_forced_on_the_decoder_is_not_learned(composer: Composer) -> None:
    for _ in range(300):
        example = composer.example()
        assert len(example.tokens) == len(example.targets)
        start = example.tokens.index(START)
        assert example.targets[:start] == [IGNORED] * start, "the text before is only read"
        assert example.tokens[start + 2] == TRANSCRIBE
        assert TRANSCRIBE not in learned(example)
        assert NO_TIMESTAMPS not in learned(example)
        assert learned(example)[0] in {*LANGUAGE_TOKENS.values(), NO_SPEECH}
        assert learned(example)[-1] == END_OF_TEXT
        if start:
            assert example.tokens[0] == PREVIOUS


def test_a_clip_cut_in_mid_sentence_keeps_only_the_words_spoken_so_far(composer: Composer) -> None:
    whole = clip("fr")
    for _ in range(100):
        mel, text = composer._cut(whole)
        heard = mel.shape[1] / FRAMES_PER_SEC
        # A word counts as spoken up to 40 ms before its end; a frame is 10 ms.
        surely, perhaps = (
            sum(end <= heard + margin for end in whole.word_ends_sec) for margin in (0.03, 0.05)
        )
        assert whole.text.startswith(text)
        assert surely <= len(text.split()) <= perhaps


def test_every_kind_of_example_comes(composer: Composer) -> None:
    examples = [composer.example() for _ in range(400)]
    stamped = [e for e in examples if any(t >= FIRST_TIMESTAMP for t in e.tokens)]
    silent = [e for e in examples if NO_SPEECH in e.targets]
    prompted = [e for e in examples if e.tokens[0] == PREVIOUS]
    several = [e for e in examples if len(e.sounds) > len(TEXTS["fr"])]
    assert all(len(kind) >= 8 for kind in (stamped, silent, prompted, several))
    assert all(not e.sounds for e in silent)


def test_timestamps_rise_and_lie_inside_the_window(composer: Composer) -> None:
    for _ in range(300):
        example = composer.example()
        stamps = [t for t in learned(example) if t >= FIRST_TIMESTAMP]
        assert stamps == sorted(stamps)
        longest = example.log_mel.shape[1] / FRAMES_PER_SEC
        assert all((t - FIRST_TIMESTAMP) * 0.02 <= longest + 0.02 for t in stamps)


def test_a_batch_is_padded_with_silence_and_its_tokens_with_nothing_to_learn(
    composer: Composer,
) -> None:
    batch = next(composer.batches(20.0, pool=40))
    assert batch.mel.shape[0] == batch.tokens.shape[0] == batch.sounds.shape[0]
    assert batch.mel.shape[1] % 2 == 0
    assert batch.tokens.shape == batch.targets.shape
    for row in range(batch.tokens.shape[0]):
        end = int(np.flatnonzero(batch.targets[row] == END_OF_TEXT)[0])
        assert (batch.targets[row, end + 1 :] == IGNORED).all()
        assert (batch.sounds[row, batch.sound_counts[row] :] == 0).all()


def test_the_first_batches_are_whole_short_clips(composer: Composer) -> None:
    clips = [clip("fr"), clip("en")]
    simple = Composer(clips, TOKENIZER, np.random.default_rng(1), ["a"], longest_sec=2.0)
    for _ in range(50):
        example = simple.example()
        assert example.log_mel.shape[1] == round(SEC * FRAMES_PER_SEC)
        assert example.tokens[0] == START
