"""Whisper of random weights in the real shapes: the arithmetic of a model, and none of its sense.

Nothing is downloaded. The tokenizer is the demo model's, which is Whisper's own.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec
from numpy.typing import NDArray

from models.conversion.layers import fill
from models.conversion.tokens import language_ids, load_tokenizer, vocabulary

_SPREAD = 0.02
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A Whisper's sizes, as its config.json has them."""

    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    mels: int = 80
    tokens: int = 51_865

    def encoder_flops(self, frames: int) -> float:
        """Multiplications and additions of encoding a window of so many mel frames."""
        positions, width = frames / 2, self.width
        layer = 2 * positions * 12 * width**2 + 2 * 2 * positions**2 * width
        convolutions = 2 * 3 * width * (frames * self.mels + positions * width)
        return self.encoder_layers * layer + convolutions

    def token_flops(self, frames: int) -> float:
        """Multiplications and additions of decoding one token, the cache being there."""
        width, positions = self.width, frames / 2
        layer = 2 * 14 * width**2 + 2 * 2 * positions * width
        return self.decoder_layers * layer + 2 * width * self.tokens

    def prompt_flops(self, frames: int) -> float:
        """Multiplications and additions of an item before its first token: keys and values."""
        return self.decoder_layers * 2 * 2 * self.width**2 * (frames / 2)


SHAPES = {
    "tiny": Shape(width=384, heads=6, encoder_layers=4, decoder_layers=4),
    "base": Shape(width=512, heads=8, encoder_layers=6, decoder_layers=6),
    "small": Shape(width=768, heads=12, encoder_layers=12, decoder_layers=12),
    "medium": Shape(width=1024, heads=16, encoder_layers=24, decoder_layers=24),
    "large-v3": Shape(
        width=1280, heads=20, encoder_layers=32, decoder_layers=32, mels=128, tokens=51_866
    ),
    "large-v3-turbo": Shape(
        width=1280, heads=20, encoder_layers=32, decoder_layers=4, mels=128, tokens=51_866
    ),
}


def build(shape: Shape, folder: Path, *, tokenizer_of: Path, quantization: str) -> Path:
    """Write a CTranslate2 folder of that shape; a gigabyte and a minute for the largest."""
    tokenizer = load_tokenizer(tokenizer_of)
    spec = fill(_config(shape), _Random(shape))  # type: ignore[arg-type]
    _set_tokens(spec, shape, tokenizer)
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True)
    spec.save(str(folder))
    shutil.copyfile(tokenizer_of / "tokenizer.json", folder / "tokenizer.json")
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": shape.mels}))
    return folder


def _config(shape: Shape) -> dict[str, Any]:
    return {
        "encoder_layers": shape.encoder_layers,
        "encoder_attention_heads": shape.heads,
        "decoder_layers": shape.decoder_layers,
        "decoder_attention_heads": shape.heads,
    }


def _set_tokens(spec: WhisperSpec, shape: Shape, tokenizer: Any) -> None:
    known = vocabulary(tokenizer, tokenizer.get_vocab_size())
    spec.register_vocabulary(
        [*known, *(f"<|more-{at}|>" for at in range(shape.tokens - len(known)))]
    )
    spec.config.lang_ids = language_ids(tokenizer)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [[shape.decoder_layers - 1, head] for head in range(6)]


class _Random:
    """Tensors by Whisper's names, made when they are asked for."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        random = np.random.default_rng(0)
        self._block = random.normal(0, _SPREAD, _BLOCK).astype(np.float32)

    def get(self, name: str) -> NDArray[np.float32] | None:
        """The tensor of that name; None where Whisper has none."""
        if name == "proj_out.weight" or name.endswith("k_proj.bias"):
            return None
        if "layer_norm" in name:
            whole = np.ones if name.endswith("weight") else np.zeros
            return whole(self._shape.width, dtype=np.float32)
        return np.resize(self._block, self._size(name))

    def _size(self, name: str) -> tuple[int, ...]:
        shape, width = self._shape, self._shape.width
        part = name.split(".")[-2]
        sizes: dict[str, tuple[int, ...]] = {
            "conv1": (width, shape.mels, 3),
            "conv2": (width, width, 3),
            "embed_tokens": (shape.tokens, width),
            "embed_positions": (1500 if ".encoder." in name else 448, width),
            "fc1": (4 * width, width),
            "fc2": (width, 4 * width),
        }
        size = sizes.get(part, (width, width))
        return size if name.endswith("weight") else size[:1]
