"""Which of a repository's files are the model: everything else stays on the hub."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from models.base import ModelError

_CTRANSLATE2 = (
    "model.bin",
    "config.json",
    "tokenizer.json",
    "vocabulary.json",
    "vocabulary.txt",
    "preprocessor_config.json",
)
_TRANSFORMERS = (
    "config.json",
    "generation_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
)
WEIGHTS, INDEX, SHARDS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*-of-*.safetensors",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The files to fetch; `converts` says they are in the Transformers layout."""

    names: tuple[str, ...]
    converts: bool


def wanted(model: str, names: Iterable[str]) -> Wanted:
    """Choose by the names at the repository's root. Raises ModelError if there is no model."""
    there = sorted(name for name in names if "/" not in name)
    if "model.bin" in there:
        chosen = [name for name in there if name in _CTRANSLATE2]
        _require(model, chosen, "config.json", "tokenizer.json")
        return Wanted(names=tuple(chosen), converts=False)
    if WEIGHTS in there:
        weights = [WEIGHTS]
    elif INDEX in there:
        weights = [INDEX, *(name for name in there if fnmatchcase(name, SHARDS))]
    else:
        raise ModelError(
            f"{model} has neither model.bin (CTranslate2) nor model.safetensors (Transformers);"
            " take another conversion of it"
        )
    chosen = [*(name for name in there if name in _TRANSFORMERS), *weights]
    _require(model, chosen, "config.json")
    if "tokenizer.json" not in chosen:
        _require(model, chosen, "vocab.json", "merges.txt")
    return Wanted(names=tuple(chosen), converts=True)


def _require(model: str, chosen: list[str], *needed: str) -> None:
    for name in needed:
        if name not in chosen:
            raise ModelError(f"{model} has no {name}, which a Whisper model needs; take another")
