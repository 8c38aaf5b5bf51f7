"""How full the GPU is, asked of NVIDIA's driver: the process's own device, whatever its number."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LIBRARY = "libcuda.so.1"
"""The driver itself. NVML numbers devices its own way and knows nothing of CUDA_VISIBLE_DEVICES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuMemory:
    """Bytes of the device, of all processes on it."""

    used: int
    total: int


def gpu_memory_reader(
    device: int = 0, load: Callable[[str], Any] = ctypes.CDLL
) -> Callable[[], GpuMemory | None]:
    """A function that reads the memory; it gives None where there is no driver or no device.

    It uses the device's primary context, the one that CTranslate2 has made, and may be called
    from any thread. `load` opens the driver's library.
    """
    try:
        cuda = load(LIBRARY)
    except OSError:
        return lambda: None
    number, context = ctypes.c_int(), ctypes.c_void_p()
    ready = (
        cuda.cuInit(0) == 0
        and cuda.cuDeviceGet(ctypes.byref(number), device) == 0
        and cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), number) == 0
    )
    if not ready:
        return lambda: None

    def read() -> GpuMemory | None:
        if cuda.cuCtxPushCurrent_v2(context) != 0:
            return None
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        try:
            if cuda.cuMemGetInfo_v2(ctypes.byref(free), ctypes.byref(total)) != 0:
                return None
        finally:
            cuda.cuCtxPopCurrent_v2(ctypes.byref(ctypes.c_void_p()))
        return GpuMemory(used=total.value - free.value, total=total.value)

    return read
