"""A Transformers Whisper's tokenizer, from either form it comes in, and what is read off it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from models.base import ModelError

_STAMP_SEC = 0.02
_END = "<|endoftext|>"


def load_tokenizer(folder: Path) -> Tokenizer:
    """Read tokenizer.json, or build it from vocab.json and merges.txt. Raises ModelError."""
    try:
        if (file := folder / "tokenizer.json").is_file():
            return Tokenizer.from_file(str(file))
        return _from_parts(folder)
    except ModelError:
        raise
    except Exception as error:  # tokenizers raises bare Exception
        words = " ".join(str(error).split())
        raise ModelError(f"the tokenizer in {folder} can't be read: {words}") from error


def vocabulary(tokenizer: Tokenizer, size: int) -> list[str]:
    """Every token in the order of its id; the time stamps, where they are missing, at the end."""
    by_id = {at: token for token, at in tokenizer.get_vocab(with_added_tokens=True).items()}
    known = max(by_id) + 1
    tokens = [by_id.get(at, f"<unused-{at}>") for at in range(min(known, size))]
    return tokens + [f"<|{at * _STAMP_SEC:.2f}|>" for at in range(size - len(tokens))]


def language_ids(tokenizer: Tokenizer) -> list[int]:
    """The ids of the language marks there are."""
    ids = (tokenizer.token_to_id(f"<|{code}|>") for code in _LANGUAGE_CODES)
    return sorted(at for at in ids if at is not None)


def blank_ids(tokenizer: Tokenizer) -> list[int]:
    """What no text begins with: a space, the end."""
    ids = (tokenizer.token_to_id(token) for token in ("Ġ", _END))
    return [at for at in ids if at is not None]


def _from_parts(folder: Path) -> Tokenizer:
    words = json.loads((folder / "vocab.json").read_bytes())
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
    merges = [
        (left, right)
        for line in lines
        if line and not line.startswith("#version")
        for left, right in [line.split(" ")]
    ]
    tokenizer = Tokenizer(models.BPE(vocab=words, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    added = _added(folder)
    for at in sorted(added):
        # Ids are given in the order of adding: the marks' own must come out.
        tokenizer.add_special_tokens([AddedToken(added[at], normalized=False, special=True)])
        if tokenizer.token_to_id(added[at]) != at:
            raise ModelError(f"{folder}: the token {added[at]} can't have the id {at}")
    return tokenizer


def _added(folder: Path) -> dict[int, str]:
    if (file := folder / "added_tokens.json").is_file():
        tokens: dict[str, int] = json.loads(file.read_bytes())
        return {at: token for token, at in tokens.items()}
    settings: dict[str, Any] = json.loads((folder / "tokenizer_config.json").read_bytes())
    return {int(at): one["content"] for at, one in settings["added_tokens_decoder"].items()}
