"""Rules of models.store.files: which files of a repository are the model."""

from __future__ import annotations

import pytest

from models.base import ModelError
from models.store.files import wanted

COMMON = ("config.json", "preprocessor_config.json", "tokenizer.json", "README.md")
WHISPER_PARTS = ("config.json", "vocab.json", "merges.txt", "added_tokens.json")


def names(*there: str) -> set[str]:
    return set(wanted("a/b", there).names)


def test_a_converted_model_is_preferred_and_taken_without_the_rest() -> None:
    found = wanted("a/b", (*COMMON, "model.bin", "vocabulary.json", "model.safetensors"))
    assert not found.converts
    assert set(found.names) == {*COMMON[:3], "model.bin", "vocabulary.json"}


def test_one_file_of_weights_is_preferred_to_shards() -> None:
    """Some repositories have both, in two precisions."""
    shards = ("model.safetensors.index.json", "model-00001-of-00002.safetensors")
    found = wanted("a/b", (*COMMON, *shards, "model.safetensors", "pytorch_model.bin"))
    assert found.converts
    assert set(found.names) == {*COMMON[:3], "model.safetensors"}


def test_shards_come_with_their_index() -> None:
    shards = {"model.safetensors.index.json", "model-00001-of-00002.safetensors"}
    other = "model.fp32-00001-of-00002.safetensors"
    assert names(*COMMON, *shards, other) == {*COMMON[:3], *shards}


def test_a_tokenizer_may_come_in_parts() -> None:
    assert names(*WHISPER_PARTS, "model.safetensors") == {*WHISPER_PARTS, "model.safetensors"}


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        (("model.bin", "tokenizer.json"), "config.json"),
        (("model.bin", "config.json"), "tokenizer.json"),
        (("model.safetensors", "config.json"), "vocab.json"),
        (("model.safetensors", "config.json", "vocab.json"), "merges.txt"),
        (("config.json", "pytorch_model.bin"), "model.safetensors"),
        (("deep/model.bin",), "model.bin"),
    ],
)
def test_what_is_missing_is_named(there: tuple[str, ...], missing: str) -> None:
    with pytest.raises(ModelError, match=missing):
        wanted("a/b", there)
