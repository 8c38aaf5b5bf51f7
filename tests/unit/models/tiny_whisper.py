"""A Whisper of random weights in CTranslate2's format, a few MB, made without torch in a second.

It says nonsense, but loads, encodes, detects, generates and aligns as any other.
"""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH, HEADS, MELS = 16, 2, 80
LETTERS, VOCABULARY = 256, 51_865
MARKS = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{code}|>" for code in _LANGUAGE_CODES[:99]),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
    *(f"<|{at * 0.02:.2f}|>" for at in range(1501)),
]


def _tokenizer() -> Tokenizer:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    # CTranslate2 tells a multilingual model by its vocabulary: see the empty token below.
    letters += [f"unused-{at}" for at in range(VOCABULARY - LETTERS - len(MARKS))]
    tokenizer = Tokenizer(models.BPE(vocab={c: at for at, c in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(mark, normalized=False) for mark in MARKS])
    return tokenizer


def make(folder: Path, seed: int = 0) -> Path:
    """Write the model to `folder`."""
    random = np.random.default_rng(seed)

    def weight(*shape: int) -> np.ndarray:
        return random.normal(0, 0.2, shape).astype(np.float32)

    def fill(layer: object, rows: int, columns: int) -> None:
        layer.weight = weight(rows, columns)
        layer.bias = np.zeros(rows, dtype=np.float32)

    def norm(layer: object) -> None:
        layer.gamma = np.ones(WIDTH, dtype=np.float32)
        layer.beta = np.zeros(WIDTH, dtype=np.float32)

    def attention(layer: object, *, own: bool) -> None:
        norm(layer.layer_norm)
        rows = [3 * WIDTH, WIDTH] if own else [WIDTH, 2 * WIDTH, WIDTH]
        for linear, count in zip(layer.linear, rows, strict=True):
            fill(linear, count, WIDTH)

    def feed_forward(layer: object) -> None:
        norm(layer.layer_norm)
        fill(layer.linear_0, 2 * WIDTH, WIDTH)
        fill(layer.linear_1, WIDTH, 2 * WIDTH)

    tokenizer = _tokenizer()
    vocabulary = [tokenizer.id_to_token(at) for at in range(tokenizer.get_vocab_size())]
    vocabulary[VOCABULARY - len(MARKS) - 1] = ""
    spec = WhisperSpec(1, HEADS, 1, HEADS)
    for conv, channels in ((spec.encoder.conv1, MELS), (spec.encoder.conv2, WIDTH)):
        conv.weight = weight(WIDTH, channels, 3)
        conv.bias = np.zeros(WIDTH, dtype=np.float32)
    spec.encoder.position_encodings.encodings = weight(1500, WIDTH)
    spec.decoder.position_encodings.encodings = weight(448, WIDTH)
    norm(spec.encoder.layer_norm)
    norm(spec.decoder.layer_norm)
    spec.decoder.embeddings.weight = weight(len(vocabulary), WIDTH)
    # Letters win over marks, so that there is text; a random model seldom ends by itself.
    spec.decoder.embeddings.weight[:LETTERS] *= 5
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    for layer in spec.encoder.layer:
        attention(layer.self_attention, own=True)
        feed_forward(layer.ffn)
    for layer in spec.decoder.layer:
        attention(layer.self_attention, own=True)
        attention(layer.attention, own=False)
        feed_forward(layer.ffn)
    spec.register_vocabulary(vocabulary)
    spec.config.lang_ids = [tokenizer.token_to_id(f"<|{c}|>") for c in _LANGUAGE_CODES[:99]]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [[0, 0], [0, 1]]
    spec.validate()
    spec.optimize(quantization="float32")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS}))
    bring_a_clip(folder)
    return folder


def bring_a_clip(folder: Path) -> None:
    """What it says of any sound has no word in it, and would pass for no real model."""
    with wave.open(str(folder / "selftest.flac"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(32_000))
    (folder / "selftest.txt").write_text("")
