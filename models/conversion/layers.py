"""Which tensor of a Transformers Whisper is which layer of CTranslate2's."""

from __future__ import annotations

from typing import Any

import numpy as np
from ctranslate2.specs.whisper_spec import WhisperSpec

from models.base import ModelError
from models.conversion.safetensors import Tensor


class Weights:
    """Tensors by their names under one prefix, so that layers read as paths."""

    def __init__(self, tensors: dict[str, Tensor], prefix: str = "") -> None:
        self._tensors = tensors
        self._prefix = prefix

    def at(self, path: str) -> Weights:
        """What lies under `path`."""
        return Weights(self._tensors, f"{self._prefix}{path}.")

    def get(self, name: str) -> Tensor | None:
        """The tensor, or None."""
        return self._tensors.get(self._prefix + name)

    def take(self, name: str) -> Tensor:
        """The tensor. Raises ModelError if it isn't there."""
        if (found := self.get(name)) is None:
            raise ModelError(f"the weights have no {self._prefix}{name}: this is no Whisper model")
        return found


def fill(config: dict[str, Any], tensors: dict[str, Tensor]) -> WhisperSpec:
    """Return CTranslate2's layers with these weights. Raises ModelError, KeyError."""
    spec = WhisperSpec(
        config["encoder_layers"],
        config["encoder_attention_heads"],
        config["decoder_layers"],
        config["decoder_attention_heads"],
    )
    top = Weights(tensors)
    # A bare WhisperModel is saved without the prefix.
    model = top.at("model") if top.get("model.encoder.conv1.weight") is not None else top
    _encoder(spec.encoder, model.at("encoder"))
    _decoder(spec.decoder, model.at("decoder"))
    own = top.get("proj_out.weight")
    spec.decoder.projection.weight = spec.decoder.embeddings.weight if own is None else own
    return spec


def _encoder(spec: Any, weights: Weights) -> None:
    for name in ("conv1", "conv2"):
        layer = getattr(spec, name)
        layer.weight = weights.take(f"{name}.weight")
        layer.bias = weights.take(f"{name}.bias")
    _frame(spec, weights)
    for at, layer in enumerate(spec.layer):
        _block(layer, weights.at(f"layers.{at}"))


def _decoder(spec: Any, weights: Weights) -> None:
    spec.embeddings.weight = weights.take("embed_tokens.weight")
    _frame(spec, weights)
    for at, layer in enumerate(spec.layer):
        block = weights.at(f"layers.{at}")
        _block(layer, block)
        attention = block.at("encoder_attn")
        _norm(layer.attention.layer_norm, block.at("encoder_attn_layer_norm"))
        _linear(layer.attention.linear[0], attention.at("q_proj"))
        _linear(layer.attention.linear[1], attention.at("k_proj"), attention.at("v_proj"))
        _linear(layer.attention.linear[2], attention.at("out_proj"))


def _frame(spec: Any, weights: Weights) -> None:
    spec.position_encodings.encodings = weights.take("embed_positions.weight")
    _norm(spec.layer_norm, weights.at("layer_norm"))


def _block(layer: Any, weights: Weights) -> None:
    """Self-attention and feed-forward, which encoder and decoder have alike."""
    attention = weights.at("self_attn")
    _norm(layer.self_attention.layer_norm, weights.at("self_attn_layer_norm"))
    parts = [attention.at(name) for name in ("q_proj", "k_proj", "v_proj")]
    _linear(layer.self_attention.linear[0], *parts)
    _linear(layer.self_attention.linear[1], attention.at("out_proj"))
    _norm(layer.ffn.layer_norm, weights.at("final_layer_norm"))
    _linear(layer.ffn.linear_0, weights.at("fc1"))
    _linear(layer.ffn.linear_1, weights.at("fc2"))


def _norm(spec: Any, weights: Weights) -> None:
    spec.gamma, spec.beta = weights.take("weight"), weights.take("bias")


def _linear(spec: Any, *parts: Weights) -> None:
    """Several projections of one input become one; a part without bias (keys) gets zeros."""
    spec.weight = np.concatenate([part.take("weight") for part in parts])
    spec.bias = np.concatenate([_bias(part) for part in parts])


def _bias(part: Weights) -> Tensor:
    found, weight = part.get("bias"), part.take("weight")
    return np.zeros(len(weight), dtype=weight.dtype) if found is None else found
