"""Finds cuBLAS, the one library of CUDA that CTranslate2 takes from outside its wheel."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LIBRARY = "libcublas.so.12"
MEND = f"a GPU is here, but {LIBRARY} is not: run `pip install nvidia-cublas-cu12`"
_IN_WHEEL = Path("nvidia") / "cublas" / "lib"


def load_cublas(
    folders: Sequence[str] | None = None, load: Callable[..., Any] = ctypes.CDLL
) -> str | None:
    """Load cuBLAS so that CTranslate2 finds it; where it was, or None.

    The system's own comes first. NVIDIA's wheel lies where no loader looks, so it is loaded by its
    path: the name that CTranslate2 asks for later is then there already. `folders` are those of
    Python packages.
    """
    packages = sys.path if folders is None else folders
    candidates = [LIBRARY, *(str(Path(folder) / _IN_WHEEL / LIBRARY) for folder in packages)]
    for candidate in candidates:
        try:
            load(candidate, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return candidate
    return None
