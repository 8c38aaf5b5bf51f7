"""Random weights load as any other model, and say as much as they are told to."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from greffier.bench.gpu.forced import TOKENS_A_SEC, ForcedModel
from greffier.bench.gpu.shapes import SHAPES, Shape, build
from models.base import SAMPLE_RATE, Kind
from models.settings import AsrSettings
from models.whisper.sound import Sound

TINY = Shape(width=64, heads=8, encoder_layers=1, decoder_layers=1, mels=128, tokens=51_866)


def test_a_built_shape_decodes_as_many_tokens_as_it_is_told(tmp_path: Path) -> None:
    demo = AsrSettings().model
    path = build(TINY, tmp_path / "tiny", tokenizer_of=demo, quantization="float32")
    model = ForcedModel.load(path, AsrSettings(device="cpu", threads=1))
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * SAMPLE_RATE).astype(np.float32)
    item = model.prepare(Sound.whole(noise), window_sec=2.5, kind=Kind.FINAL, language="en")
    assert item.mel.shape == (128, 250)
    (heard,) = model.transcribe([item])
    assert model.tokens_of(item.audio_sec) == 2 * TOKENS_A_SEC
    assert heard.text
    assert heard.avg_logprob < -1  # poor text, which is not decoded again


def test_a_longer_window_and_a_wider_model_cost_more() -> None:
    tiny, turbo = SHAPES["tiny"], SHAPES["large-v3-turbo"]
    assert tiny.encoder_flops(400) > 2 * tiny.encoder_flops(200)
    assert turbo.encoder_flops(3000) > 30 * tiny.encoder_flops(3000)
    # Published: 37 M weights in tiny, of which 8 M are the encoder's: two operations a weight.
    assert 1.5e10 < tiny.encoder_flops(3000) < 5e10
