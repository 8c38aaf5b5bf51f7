"""Whisper's encoder-decoder in bfloat16, laid out for fast training on a CPU with matrix instructions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: Where two heads of each encoder layer look at first, in positions of 20 ms, before and after.
LOCAL_OFFSETS = (2, 4, 7, 10)
LOCAL_GAIN = 1.0
#: From this number of keys on the fused attention is faster.
LONG = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of the network; the head size is 64, as in every Whisper."""

    d_model: int = 192
    heads: int = 3
    encoder_layers: int = 4
    decoder_layers: int = 2
    mels: int = 80
    source_positions: int = 1_500
    target_positions: int = 448


def sinusoids(length: int, channels: int) -> Tensor:
    """Return Whisper's fixed positions, shape (length, channels)."""
    step = math.log(10_000) / (channels // 2 - 1)
    angles = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(channels // 2))[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class Attention(nn.Module):
    """Multi-head attention; query, key and value share one matrix when they read the same input."""

    def __init__(self, d: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, (d // heads) ** -0.5
        self.weight = nn.Parameter(torch.randn(3 * d, d) * d**-0.5)
        self.query_bias = nn.Parameter(torch.zeros(d))
        self.value_bias = nn.Parameter(torch.zeros(d))
        self.out = nn.Linear(d, d)

    def forward(self, x: Tensor, memory: Tensor | None = None, causal: bool = False) -> Tensor:
        d = x.shape[-1]
        zero = torch.zeros_like(self.query_bias)
        if memory is None:
            bias = torch.cat([self.query_bias, zero, self.value_bias])
            q, k, v = F.linear(x, self.weight, bias).split(d, dim=-1)
        else:
            q = F.linear(x, self.weight[:d], self.query_bias)
            k, v = F.linear(memory, self.weight[d:], torch.cat([zero, self.value_bias])).split(
                d, dim=-1
            )
        q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (q, k, v))
        if k.shape[-2] > LONG:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
            return self.out(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]
        # Plain products: the fused kernel's backward took 40% of a step at short lengths.
        scores = (q * self.scale) @ k.transpose(-1, -2)
        if causal:
            future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu_(1)
            scores = scores.masked_fill(future, -1e4)
        mixed = scores.softmax(dim=-1) @ v
        return self.out(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def look_around(self, head: int, offset: int) -> None:
        """Make ``head`` start by attending ``offset`` positions away, whatever the sound.

        A product of two sinusoids of one frequency depends on the distance only; summed over the highest
        frequencies it peaks at one distance. Found by itself, this locality costs thousands of steps.
        """
        d = self.weight.shape[1]
        size = d // self.heads
        pairs, half = size // 2, d // 2
        frequency = torch.exp(-math.log(10_000) / (half - 1) * torch.arange(pairs))
        index = torch.arange(pairs)
        query, key = torch.zeros(size, d), torch.zeros(size, d)
        query[index, index] = query[pairs + index, half + index] = LOCAL_GAIN
        cosine, sine = torch.cos(frequency * offset), torch.sin(frequency * offset)
        # The key of position s carries the phase of position s - offset.
        key[index, index], key[index, half + index] = cosine, -sine
        key[pairs + index, half + index], key[pairs + index, index] = cosine, sine
        rows = slice(head * size, (head + 1) * size)
        noise = 0.1 * d**-0.5
        self.weight.data[:d][rows] = query + noise * torch.randn(size, d)
        self.weight.data[d : 2 * d][rows] = LOCAL_GAIN * key + noise * torch.randn(size, d)


class Layer(nn.Module):
    """A pre-norm block; with ``cross`` it also attends to the encoder."""

    def __init__(self, d: int, heads: int, cross: bool) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(d), Attention(d, heads)
        self.cross_norm = nn.LayerNorm(d) if cross else None
        self.cross = Attention(d, heads) if cross else None
        self.norm, self.fc1, self.fc2 = nn.LayerNorm(d), nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), causal=self.cross is not None)
        if self.cross is not None and self.cross_norm is not None:
            x = x + self.cross(self.cross_norm(x), memory)
        return x + self.fc2(F.gelu(self.fc1(self.norm(x))))


class Whisper(nn.Module):
    """The network over a reduced vocabulary: ``used`` token rows and one last row that stands for all others."""

    def __init__(self, shape: Shape, used: int, sounds: int) -> None:
        super().__init__()
        d = shape.d_model
        self.conv1 = nn.Linear(3 * shape.mels, d)
        self.conv2 = nn.Linear(3 * d, d)
        self.encoder = nn.ModuleList(
            Layer(d, shape.heads, False) for _ in range(shape.encoder_layers)
        )
        self.encoder_norm = nn.LayerNorm(d)
        self.decoder = nn.ModuleList(
            Layer(d, shape.heads, True) for _ in range(shape.decoder_layers)
        )
        self.decoder_norm = nn.LayerNorm(d)
        self.embedding = nn.Parameter(torch.randn(used + 1, d) * 0.07)
        self.target_positions = nn.Parameter(sinusoids(shape.target_positions, d) * 0.1)
        self.sounds = nn.Linear(d, sounds)
        self.register_buffer("positions", sinusoids(shape.source_positions, d))
        self._initialise()

    def _initialise(self) -> None:
        """Let the sound weigh as much as the fixed positions, and start each block close to the identity.

        With the default sizes the positions drown the sound: 400 steps went by before the encoder listened.
        """
        for conv in (self.conv1, self.conv2):
            nn.init.normal_(conv.weight, std=(3.0 / conv.in_features) ** 0.5)
        for name, parameter in self.named_parameters():
            if name.endswith(("out.weight", "fc2.weight")):
                parameter.data.mul_(0.3)
        for layer, offset in zip(self.encoder, LOCAL_OFFSETS, strict=False):
            layer.attention.look_around(0, -offset)  # type: ignore[union-attr,operator]
            layer.attention.look_around(1, offset)  # type: ignore[union-attr,operator]

    def encode(self, mel: Tensor) -> Tensor:
        """Encode mel (B, T, 80), T even, to (B, T/2, d). The convolutions are matrix products over 3 frames."""
        x = F.pad(mel, (0, 0, 1, 1))
        x = F.gelu(self.conv1(torch.cat([x[:, :-2], x[:, 1:-1], x[:, 2:]], dim=-1)))
        x = F.pad(x, (0, 0, 1, 1))
        x = F.gelu(self.conv2(torch.cat([x[:, 0:-2:2], x[:, 1:-1:2], x[:, 2::2]], dim=-1)))
        x = x + self.positions[: x.shape[1]].to(x.dtype)  # type: ignore[index]
        for layer in self.encoder:
            x = layer(x)
        return self.encoder_norm(x)  # type: ignore[no-any-return]

    def decode(self, tokens: Tensor, memory: Tensor) -> Tensor:
        """Return the decoder's last states for ``tokens`` given as rows of the reduced vocabulary."""
        x = F.embedding(tokens, self.embedding) + self.target_positions[: tokens.shape[1]]
        for layer in self.decoder:
            x = layer(x, memory)
        return self.decoder_norm(x)  # type: ignore[no-any-return]


def export(model: Whisper, used_ids: list[int], vocabulary: int) -> dict[str, Tensor]:
    """Return the weights under the names of Hugging Face's ``WhisperForConditionalGeneration``."""
    source = {name: value.detach().float() for name, value in model.state_dict().items()}
    d = source["embedding"].shape[1]
    out: dict[str, Tensor] = {}
    for name in ("conv1", "conv2"):
        weight = source[f"{name}.weight"]
        out[f"model.encoder.{name}.weight"] = weight.reshape(d, 3, -1).permute(0, 2, 1).contiguous()
        out[f"model.encoder.{name}.bias"] = source[f"{name}.bias"]
    parts = {
        "attention_norm": "self_attn_layer_norm",
        "cross_norm": "encoder_attn_layer_norm",
        "norm": "final_layer_norm",
        "fc1": "fc1",
        "fc2": "fc2",
    }
    for side in ("encoder", "decoder"):
        out.update(
            {f"model.{side}.layer_norm.{p}": source[f"{side}_norm.{p}"] for p in ("weight", "bias")}
        )
        for index in range(len(getattr(model, side))):
            old, new = f"{side}.{index}.", f"model.{side}.layers.{index}."
            for a, b in parts.items():
                for p in ("weight", "bias"):
                    if old + f"{a}.{p}" in source:
                        out[new + f"{b}.{p}"] = source[old + f"{a}.{p}"]
            for a, b in (("attention", "self_attn"), ("cross", "encoder_attn")):
                if old + f"{a}.weight" not in source:
                    continue
                for part, rows in zip("qkv", source[old + f"{a}.weight"].split(d), strict=True):
                    out[new + f"{b}.{part}_proj.weight"] = rows.contiguous()
                out[new + f"{b}.q_proj.bias"] = source[old + f"{a}.query_bias"]
                out[new + f"{b}.v_proj.bias"] = source[old + f"{a}.value_bias"]
                out[new + f"{b}.out_proj.weight"] = source[old + f"{a}.out.weight"]
                out[new + f"{b}.out_proj.bias"] = source[old + f"{a}.out.bias"]
    table = source["embedding"][-1].repeat(vocabulary, 1)
    table[torch.tensor(used_ids)] = source["embedding"][:-1]
    out["model.decoder.embed_tokens.weight"] = table
    out["proj_out.weight"] = table.clone()
    out["model.decoder.embed_positions.weight"] = source["target_positions"]
    out["model.encoder.embed_positions.weight"] = source["positions"]
    return out
