"""Conversion of a training state to the CTranslate2 folder that faster-whisper and CTranslate2 load."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch

from .network import Shape, Whisper, export
from .tokenizer import END_OF_TEXT, LANGUAGE_TOKENS, START, VOCABULARY, load

#: Cross-attention heads (layer, head) whose maxima follow the words in time; chosen by measurement.
ALIGNMENT_HEADS = ((1, 0), (1, 1), (1, 2))
FIRST_LANGUAGE, LAST_LANGUAGE = 50259, 50357
SPACE = 220
PREPROCESSOR: dict[str, Any] = {
    "chunk_length": 30,
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 80,
    "hop_length": 160,
    "n_fft": 400,
    "n_samples": 480_000,
    "nb_max_frames": 3_000,
    "padding_side": "right",
    "padding_value": 0.0,
    "processor_class": "WhisperProcessor",
    "return_attention_mask": False,
    "sampling_rate": 16_000,
}


def _hub_config(shape: Shape) -> dict[str, Any]:
    return {
        "architectures": ["WhisperForConditionalGeneration"],
        "model_type": "whisper",
        "vocab_size": VOCABULARY,
        "num_mel_bins": shape.mels,
        "d_model": shape.d_model,
        "encoder_layers": shape.encoder_layers,
        "encoder_attention_heads": shape.heads,
        "encoder_ffn_dim": 4 * shape.d_model,
        "decoder_layers": shape.decoder_layers,
        "decoder_attention_heads": shape.heads,
        "decoder_ffn_dim": 4 * shape.d_model,
        "max_source_positions": shape.source_positions,
        "max_target_positions": shape.target_positions,
        "activation_function": "gelu",
        "scale_embedding": False,
        "tie_word_embeddings": True,
        "bos_token_id": END_OF_TEXT,
        "eos_token_id": END_OF_TEXT,
        "pad_token_id": END_OF_TEXT,
        "decoder_start_token_id": START,
    }


def load_model(state: Path) -> tuple[Whisper, list[int]]:
    """Return the float32 network of a training state and the ids of its vocabulary rows."""
    saved = torch.load(state, map_location="cpu")
    model = Whisper(Shape(), len(saved["used"]), len(saved["inventory"]) + 1)
    position = 0
    for parameter in model.parameters():
        values = saved["master"][position : position + parameter.numel()]
        parameter.data.copy_(values.view_as(parameter))
        position += parameter.numel()
    return model, list(saved["used"])


def _write_hub_folder(folder: Path, state: Path, tokenizer: Path) -> None:
    from safetensors.torch import save_file

    model, used = load_model(state)
    weights = export(model, used, VOCABULARY)
    weights.pop("proj_out.weight")  # Tied to the embedding.
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    shutil.copy(tokenizer, folder / "tokenizer.json")
    (folder / "config.json").write_text(json.dumps(_hub_config(Shape())), encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(
        json.dumps(PREPROCESSOR, indent=2), encoding="utf-8"
    )
    names = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(names), encoding="utf-8")


def convert(state: Path, tokenizer: Path, output: Path) -> None:
    """Write the int8 model of ``state`` to ``output``, with the lists that a bare checkpoint lacks."""
    from ctranslate2.converters import TransformersConverter

    load(tokenizer)
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "hub", Path(name) / "ct2"
        source.mkdir()
        _write_hub_folder(source, state, tokenizer)
        copied = ["tokenizer.json", "preprocessor_config.json"]
        TransformersConverter(str(source), copy_files=copied).convert(
            str(target), quantization="int8"
        )
        path = target / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        config["lang_ids"] = list(range(FIRST_LANGUAGE, LAST_LANGUAGE + 1))
        config["alignment_heads"] = [list(head) for head in ALIGNMENT_HEADS]
        config["suppress_ids"] = []
        # The end token stays allowed at the start: noise and silence are trained to give an empty text.
        config["suppress_ids_begin"] = [SPACE]
        assert set(LANGUAGE_TOKENS.values()) <= set(config["lang_ids"])
        path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        output.mkdir(parents=True, exist_ok=True)
        for file in target.iterdir():
            shutil.copy(file, output / file.name)
