"""Loads a CTranslate2 Whisper folder, with messages that say what is wrong with it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import tokenizers
from faster_whisper.feature_extractor import FeatureExtractor

from models.base import ModelError
from models.store.manifest import check_sizes
from models.whisper.cublas import MEND, load_cublas
from models.whisper.processor import choose_kernels, keep_memory

HINT = (
    "run `greffier models pull large-v3-turbo`, or point asr.model at a CTranslate2 Whisper folder"
)
NEEDED = ("model.bin", "config.json", "tokenizer.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model's parts, as faster-whisper's own loader puts them together."""

    model: Any
    tokenizer: tokenizers.Tokenizer
    features: FeatureExtractor


def check_folder(path: Path) -> None:
    """Look whether a model may be there. Raises ModelError."""
    if not path.is_dir():
        raise ModelError(f"there is no model folder {path}; {HINT}")
    for name in NEEDED:
        if not (path / name).is_file():
            raise ModelError(f"{path} has no {name}; {HINT}")
    check_sizes(path)


def load_files(
    path: Path, *, device: str, compute_type: str, threads: int = 0, workers: int = 0
) -> Loaded:
    """Load the folder. Raises ModelError.

    `workers` 0: two on a CPU of several cores, else one. `threads` 0: the cores among them.
    """
    check_folder(path)
    if device != "cpu" and ctranslate2.get_cuda_device_count() and load_cublas() is None:
        raise ModelError(f"{MEND}, or set asr.device to cpu")
    cores = os.cpu_count() or 1
    on_cpu = device == "cpu" or not ctranslate2.get_cuda_device_count()
    workers = workers or (min(cores, 2) if on_cpu else 1)
    if on_cpu:
        choose_kernels(os.environ)
        keep_memory(os.environ)
    try:
        model = ctranslate2.models.Whisper(
            str(path),
            device=device,
            compute_type=compute_type,
            intra_threads=threads or max(1, cores // workers),
            inter_threads=workers,
        )
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"the model in {path} can't be loaded on device {device!r} as {compute_type!r}:"
            f" {_one_line(error)}; the folder is damaged, or asr.device and asr.compute_type"
            " don't fit this machine"
        ) from error
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path / "tokenizer.json"))
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelError(f"{path}/tokenizer.json is damaged: {_one_line(error)}; {HINT}") from error
    _check_marks(path, tokenizer)
    return Loaded(model=model, tokenizer=tokenizer, features=_features(path, model.n_mels))


def _check_marks(path: Path, tokenizer: tokenizers.Tokenizer) -> None:
    for mark in ("<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>"):
        if tokenizer.token_to_id(mark) is None:
            raise ModelError(f"{path}/tokenizer.json has no {mark}: it isn't Whisper's; {HINT}")


def _features(path: Path, mels: int) -> FeatureExtractor:
    file = path / "preprocessor_config.json"
    size = mels
    if file.is_file():
        try:
            size = int(json.loads(file.read_text(encoding="utf-8")).get("feature_size", mels))
        except (ValueError, AttributeError, TypeError) as error:
            raise ModelError(f"{file} is damaged: {_one_line(error)}; {HINT}") from error
    if size != mels:
        raise ModelError(f"{file} says {size} mel bands, the model takes {mels}; {HINT}")
    return FeatureExtractor(feature_size=size)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
