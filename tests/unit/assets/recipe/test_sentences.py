"""What the demo model is taught: the words of the meeting, never its sentences."""

import pytest

from assets.recipe.sentences import (
    demo_sentences,
    drill,
    extra_words,
    generate,
    key,
    training_sentences,
)
from assets.recipe.sentences import (
    test_sentences as held_out_sentences,
)


def test_the_meeting_and_the_held_out_set_are_not_in_the_training_set() -> None:
    taught = {key(sentence.text) for sentence in training_sentences(4_000, seed=1)}
    assert len(taught) > 2_000
    assert not taught & {key(sentence.text) for sentence in demo_sentences()}
    assert not taught & {key(sentence.text) for sentence in held_out_sentences()}


def test_no_training_sentence_is_close_to_one_of_the_meeting() -> None:
    said = [set(key(sentence.text).split()) for sentence in demo_sentences()]
    said = [words for words in said if len(words) >= 4]
    for sentence in training_sentences(4_000, seed=2):
        words = set(key(sentence.text).split())
        if len(words) >= 4:
            assert all(len(words & one) < 0.8 * len(words | one) for one in said), sentence.text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_word_of_the_meeting_is_taught_often(language: str) -> None:
    taught = training_sentences(20_000, seed=1)
    counts: dict[str, int] = {}
    for sentence in taught:
        if sentence.language == language:
            for word in key(sentence.text).split():
                counts[word] = counts.get(word, 0) + 1
    for word in extra_words(language):
        for part in key(word).split():
            assert counts.get(part, 0) >= 20, word


def test_sentences_are_the_same_for_the_same_seed_and_half_in_each_language() -> None:
    assert generate(200, seed=5) == generate(200, seed=5)
    assert generate(200, seed=5) != generate(200, seed=6)
    assert sum(sentence.language == "fr" for sentence in drill(100, seed=5)) == 50


def test_the_held_out_set_is_300_distinct_sentences() -> None:
    held_out = held_out_sentences()
    assert len({key(sentence.text) for sentence in held_out}) == 300
    assert all(len(key(sentence.text).split()) >= 3 for sentence in held_out)
