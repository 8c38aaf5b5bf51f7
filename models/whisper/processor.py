"""What CTranslate2 and the allocator are told of this machine before a model is loaded on a CPU.

Both are read late enough for that: CTranslate2 chooses its kernels as the first model is loaded.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

KERNELS = "CT2_FORCE_CPU_ISA"
ALLOCATOR = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")
WIDE = frozenset(("avx512f", "avx512cd", "avx512dq", "avx512bw", "avx512vl", "avx512_vbmi2"))
"""CTranslate2 leaves AVX-512 alone, as older processors slow down by it. The last of these came
with those that don't (Ice Lake, Zen 4). A fifth less CPU time for encoding one item."""
KEPT_BYTES = 256 * 2**20
"""Blocks up to this size stay with the process: else a batch of eight and more gives its memory
back and faults it in anew, 11,700 pages an encoding, a quarter of its CPU time. 25 MB more are
held. Both limits are needed: setting one alone freezes the other at its small default."""
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3


def choose_kernels(
    environ: MutableMapping[str, str], cpuinfo: Path = Path("/proc/cpuinfo")
) -> None:
    """Let CTranslate2 use AVX-512 where it pays; what is set already stays."""
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    if set(flags.split()) >= WIDE:
        environ.setdefault(KERNELS, "AVX512")


def keep_memory(environ: Mapping[str, str], load: Callable[[None], Any] = ctypes.CDLL) -> bool:
    """Let glibc keep the memory of a batch for the next; return whether it was told.

    A limit that is set in the environment stays; another C library has none of this.
    """
    mallopt = getattr(load(None), "mallopt", None)
    if mallopt is None or any(name in environ for name in ALLOCATOR):
        return False
    return all(mallopt(limit, KEPT_BYTES) for limit in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD))
