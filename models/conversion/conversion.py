"""Whisper from the Transformers layout to CTranslate2's, without torch."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ctranslate2.specs.whisper_spec import WhisperSpec
from tokenizers import Tokenizer

from models.base import ModelError
from models.conversion.layers import fill
from models.conversion.safetensors import read_weights
from models.conversion.tokens import blank_ids, language_ids, load_tokenizer, vocabulary
from models.store.disk import plain_disk_errors
from models.store.manifest import Manifest, measured, seal

QUANTIZATIONS = ("float16", "float32", "int8", "int8_float16", "int8_float32", "int16")
"""CTranslate2's bfloat16 forms are missing: it makes them with torch."""


def convert(folder: Path, to: Path, *, quantization: str) -> Path:
    """Convert `folder` into the new folder `to`, whole or not at all. Raises ModelError."""
    final = to.absolute()
    if final.exists():
        raise ModelError(f"{final} is there already; name another folder with --to")
    with plain_disk_errors(final.parent):
        final.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=final.parent, prefix=f".{final.name}.") as work:
            done = Path(work) / "converted"
            write_converted(folder, done, quantization=quantization)
            manifest = Manifest(
                model=str(folder.absolute()),
                commit="",
                date=datetime.now(UTC),
                quantization=quantization,
                files=measured(done),
            )
            seal(done, manifest)
            done.rename(final)
    return final


def write_converted(folder: Path, to: Path, *, quantization: str) -> None:
    """Write CTranslate2's files to the new folder `to`. Raises ModelError, OSError."""
    if quantization not in QUANTIZATIONS:
        raise ModelError(f"{quantization!r} is none of {', '.join(QUANTIZATIONS)}")
    config = _json(folder / "config.json", needed=True)
    if config.get("model_type") != "whisper":
        raise ModelError(f"{folder} holds no Whisper model: its config.json says so")
    if config.get("activation_function", "gelu") != "gelu":
        raise ModelError(f"{folder} is a changed Whisper (not GELU), which CTranslate2 can't run")
    tokenizer = load_tokenizer(folder)
    try:
        spec = fill(config, read_weights(folder))
        generation = _json(folder / "generation_config.json", needed=False)
        _set_tokens(spec, config, generation, tokenizer)
        spec.validate()
        spec.optimize(quantization=quantization)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        words = " ".join(str(error).split())
        raise ModelError(f"the model in {folder} doesn't fit together: {words}") from error
    to.mkdir()
    spec.save(str(to))
    tokenizer.save(str(to / "tokenizer.json"))
    _write_features(folder, config, to)


def _set_tokens(
    spec: WhisperSpec, config: dict[str, Any], generation: dict[str, Any], tokenizer: Tokenizer
) -> None:
    """What generation must know; older models say it in config.json, the oldest nowhere."""

    def said(name: str) -> Any:
        return generation.get(name) or config.get(name)

    layers, heads = config["decoder_layers"], config["decoder_attention_heads"]
    later_half = itertools.product(range(layers // 2, layers), range(heads))
    spec.config.alignment_heads = said("alignment_heads") or [list(one) for one in later_half]
    spec.config.lang_ids = sorted((said("lang_to_id") or {}).values()) or language_ids(tokenizer)
    spec.config.suppress_ids = said("suppress_tokens") or []
    spec.config.suppress_ids_begin = said("begin_suppress_tokens") or blank_ids(tokenizer)
    size = len(spec.decoder.embeddings.weight)
    spec.register_vocabulary(vocabulary(tokenizer, size))


def _write_features(folder: Path, config: dict[str, Any], to: Path) -> None:
    name = "preprocessor_config.json"
    if (folder / name).is_file():
        shutil.copyfile(folder / name, to / name)
    else:
        words = json.dumps({"feature_size": config.get("num_mel_bins", 80)})
        (to / name).write_text(words, encoding="utf-8")


def _json(path: Path, *, needed: bool) -> dict[str, Any]:
    if not path.is_file() and not needed:
        return {}
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(
            f"{path.parent} has no {path.name}: it is no Transformers model"
        ) from error
    except ValueError as error:
        raise ModelError(f"{path} is damaged: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} is damaged: no object in it")
    return found
