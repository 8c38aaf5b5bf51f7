"""Whisper's multilingual tokenizer, rebuilt from the rank file inside the openai-whisper package."""

from __future__ import annotations

import base64
import importlib.util
import itertools
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

END_OF_TEXT, START = 50257, 50258
TRANSCRIBE, PREVIOUS, NO_SPEECH, NO_TIMESTAMPS, FIRST_TIMESTAMP = 50359, 50361, 50362, 50363, 50364
VOCABULARY = 51_865
TIMESTAMP_SEC = 0.02
N_TIMESTAMPS = 1_501
#: Language tokens follow the start token in the order of openai-whisper's table.
LANGUAGE_TOKENS = {"en": 50259, "fr": 50265}


def _byte_symbols() -> dict[int, str]:
    """Map each byte to the printable character that byte-level BPE files write for it (GPT-2's rule)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(hidden)}}


def _split(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """Return the two parts whose merge made ``token``: BPE replayed with the lower ranks only."""
    parts = [bytes([byte]) for byte in token]
    limit = ranks[token]
    while len(parts) > 2:
        candidates = [
            (ranks.get(a + b, limit), i) for i, (a, b) in enumerate(itertools.pairwise(parts))
        ]
        rank, index = min(candidates)
        if rank >= limit:
            break
        parts[index : index + 2] = [parts[index] + parts[index + 1]]
    if len(parts) != 2:
        raise ValueError(f"token {token!r} is no merge of two others")
    return parts[0], parts[1]


def _whisper_folder() -> Path:
    """Return openai-whisper's folder without importing it: the package itself needs numba, its files don't."""
    spec = importlib.util.find_spec("whisper")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("install openai-whisper (without dependencies is enough)")
    return Path(spec.origin).parent


def _languages() -> list[str]:
    spec = importlib.util.spec_from_file_location(
        "whisper_tokenizer", _whisper_folder() / "tokenizer.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.LANGUAGES)[:99]


def special_tokens() -> list[str]:
    """Return the special tokens in the order of their numbers, 50257 first."""
    names = ["endoftext", "startoftranscript", *_languages(), "translate", "transcribe"]
    names += ["startoflm", "startofprev", "nospeech", "notimestamps"]
    names += [f"{index * TIMESTAMP_SEC:.2f}" for index in range(N_TIMESTAMPS)]
    return [f"<|{name}|>" for name in names]


def build(path: Path) -> Tokenizer:
    """Write ``tokenizer.json`` to ``path`` and return the tokenizer."""
    lines = (
        (_whisper_folder() / "assets" / "multilingual.tiktoken")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    ranks = {
        base64.b64decode(token): int(rank)
        for token, rank in (line.split() for line in lines if line)
    }
    symbols = _byte_symbols()

    def write(token: bytes) -> str:
        return "".join(symbols[byte] for byte in token)

    vocabulary = {write(token): rank for token, rank in ranks.items()}
    ordered = sorted((token for token in ranks if len(token) > 1), key=ranks.__getitem__)
    merges = [(write(a), write(b)) for a, b in (_split(token, ranks) for token in ordered)]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in special_tokens()]
    )
    if (
        tokenizer.token_to_id("<|notimestamps|>") != NO_TIMESTAMPS
        or tokenizer.get_vocab_size() != VOCABULARY
    ):
        raise ValueError("the rebuilt tokenizer differs from Whisper's numbering")
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))
    return tokenizer


def load(path: Path) -> Tokenizer:
    """Return the tokenizer of ``path``, built first when missing."""
    return Tokenizer.from_file(str(path)) if path.exists() else build(path)
