"""Reads .safetensors weights with numpy alone.

The format: eight bytes with the header's length, the header (JSON: name, dtype, shape, offsets),
then the numbers, little-endian.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import ModelError
from models.store.files import INDEX, WEIGHTS

Tensor = NDArray[Any]

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_LENGTH_BYTES = 8


def read_weights(folder: Path) -> dict[str, Tensor]:
    """All tensors of model.safetensors, or of the files its index names. Raises ModelError.

    They may be written to: a page of the file is copied into memory when it is.
    """
    if (folder / WEIGHTS).is_file():
        return read_tensors(folder / WEIGHTS)
    if not (folder / INDEX).is_file():
        raise ModelError(f"{folder} has no {WEIGHTS}")
    tensors: dict[str, Tensor] = {}
    for name in _shards(folder / INDEX):
        tensors |= read_tensors(folder / name)
    return tensors


def read_tensors(path: Path) -> dict[str, Tensor]:
    """One file's tensors; BF16, which numpy doesn't know, becomes float32. Raises ModelError."""
    try:
        data: Tensor = np.memmap(path, dtype=np.uint8, mode="c")
        start = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES].tobytes(), "little")
        header = json.loads(data[_LENGTH_BYTES:start].tobytes())
        header.pop("__metadata__", None)
        return {name: _tensor(data[start:], **entry) for name, entry in header.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is no safetensors file, or damaged: {error}") from error


def _shards(index: Path) -> list[str]:
    try:
        names = set(json.loads(index.read_bytes())["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{index} is damaged: {error}") from error
    if not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise ModelError(f"{index} names files outside its folder")
    return sorted(names)


def _tensor(data: Tensor, dtype: str, shape: list[int], data_offsets: list[int]) -> Tensor:
    if dtype not in _DTYPES:
        raise ValueError(f"numbers of type {dtype} are not known")
    kind = np.dtype(_DTYPES[dtype])
    first, last = data_offsets
    if not 0 <= first <= last <= len(data) or last - first != math.prod(shape) * kind.itemsize:
        raise ValueError("a tensor is cut off")
    numbers = data[first:last].view(kind)
    if dtype == "BF16":  # the upper half of a float32
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers.reshape(shape)
