"""A Whisper of random weights in the Transformers layout, written with numpy alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from tests.unit.models.tiny_whisper import LETTERS, MARKS, MELS, VOCABULARY, _tokenizer

WIDTH, HEADS, LAYERS = 16, 2, 2
CONFIG = {
    "model_type": "whisper",
    "activation_function": "gelu",
    "encoder_layers": LAYERS,
    "encoder_attention_heads": HEADS,
    "decoder_layers": LAYERS,
    "decoder_attention_heads": HEADS,
    "num_mel_bins": MELS,
    "vocab_size": VOCABULARY,
}


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """All tensors by their names; the projection is the embedding, as in real ones."""
    random = np.random.default_rng(seed)
    tensors: dict[str, np.ndarray] = {}

    def normal(name: str, *shape: int) -> None:
        tensors[name] = random.normal(0, 0.2, shape).astype(np.float32)

    def linear(name: str, rows: int, columns: int, *, bias: bool = True) -> None:
        normal(f"{name}.weight", rows, columns)
        if bias:
            normal(f"{name}.bias", rows)

    def norm(name: str) -> None:
        normal(f"{name}.weight", WIDTH)
        normal(f"{name}.bias", WIDTH)

    def attention(name: str) -> None:
        for part in ("q", "k", "v", "out"):
            linear(f"{name}.{part}_proj", WIDTH, WIDTH, bias=part != "k")
        norm(f"{name}_layer_norm")

    for side, positions in (("encoder", 1500), ("decoder", 448)):
        normal(f"model.{side}.embed_positions.weight", positions, WIDTH)
        norm(f"model.{side}.layer_norm")
        for at in range(LAYERS):
            layer = f"model.{side}.layers.{at}"
            attention(f"{layer}.self_attn")
            if side == "decoder":
                attention(f"{layer}.encoder_attn")
            linear(f"{layer}.fc1", 2 * WIDTH, WIDTH)
            linear(f"{layer}.fc2", WIDTH, 2 * WIDTH)
            norm(f"{layer}.final_layer_norm")
    for conv, channels in (("conv1", MELS), ("conv2", WIDTH)):
        normal(f"model.encoder.{conv}.weight", WIDTH, channels, 3)
        normal(f"model.encoder.{conv}.bias", WIDTH)
    normal("model.decoder.embed_tokens.weight", VOCABULARY, WIDTH)
    return tensors


def as_safetensors(tensors: dict[str, np.ndarray], dtype: str = "F32") -> bytes:
    """The file format, in F32, F16 or BF16."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, tensor in tensors.items():
        match dtype:
            case "BF16":
                raw = (tensor.view(np.uint32) >> 16).astype("<u2").tobytes()
            case "F16":
                raw = tensor.astype("<f2").tobytes()
            case _:
                raw = tensor.astype("<f4").tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    words = json.dumps(header).encode()
    words += b" " * (-len(words) % 8)
    return len(words).to_bytes(8, "little") + words + data


def multilingual_tokenizer() -> Tokenizer:
    """With the empty token before the marks, by which CTranslate2 tells a multilingual model."""
    last = VOCABULARY - len(MARKS) - LETTERS - 1
    return Tokenizer.from_str(_tokenizer().to_str().replace(f'"unused-{last}":', '"":'))


def make(folder: Path, *, dtype: str = "F32", shards: int = 1, tokenizer_json: bool = True) -> Path:
    """Write the model to `folder`."""
    folder.mkdir(parents=True)
    tensors, tokenizer = weights(), multilingual_tokenizer()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "generation_config.json").write_text(json.dumps(_generation(tokenizer)))
    if shards == 1:
        (folder / "model.safetensors").write_bytes(as_safetensors(tensors, dtype))
    else:
        _write_shards(folder, tensors, dtype, shards)
    if tokenizer_json:
        tokenizer.save(str(folder / "tokenizer.json"))
    else:
        _write_parts(folder, tokenizer)
    return folder


def _generation(tokenizer: Tokenizer) -> dict[str, object]:
    languages = [f"<|{code}|>" for code in ("en", "fr")]
    return {
        "lang_to_id": {mark: tokenizer.token_to_id(mark) for mark in languages},
        "suppress_tokens": [1, 2],
        "begin_suppress_tokens": [3],
        "alignment_heads": [[0, 1], [1, 0]],
    }


def _write_shards(folder: Path, tensors: dict[str, np.ndarray], dtype: str, shards: int) -> None:
    names = sorted(tensors)
    where = {}
    for at in range(shards):
        file = f"model-{at + 1:05}-of-{shards:05}.safetensors"
        mine = names[at::shards]
        (folder / file).write_bytes(as_safetensors({n: tensors[n] for n in mine}, dtype))
        where |= dict.fromkeys(mine, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))


def _write_parts(folder: Path, tokenizer: Tokenizer) -> None:
    words = tokenizer.get_vocab(with_added_tokens=False)
    marks = {t: at for t, at in tokenizer.get_vocab().items() if t not in words}
    (folder / "vocab.json").write_text(json.dumps(words))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "added_tokens.json").write_text(json.dumps(marks))
