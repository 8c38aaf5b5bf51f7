from __future__ import annotations

import ctypes
from typing import Any

import pytest

from models.server.gpu_memory import GpuMemory, gpu_memory_reader


class Driver:
    """A driver with one device: what libcuda's functions do, and what was asked of them."""

    def __init__(self, *, failing: str = "") -> None:
        self.failing = failing
        self.pushed = 0

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: 100 if name == self.failing else self._call(name, *arguments)

    def _call(self, name: str, *arguments: Any) -> int:
        match name:
            case "cuMemGetInfo_v2":
                assert self.pushed == 1
                ctypes.cast(arguments[0], ctypes.POINTER(ctypes.c_size_t))[0] = 3 << 30
                ctypes.cast(arguments[1], ctypes.POINTER(ctypes.c_size_t))[0] = 80 << 30
            case "cuCtxPushCurrent_v2":
                self.pushed += 1
            case "cuCtxPopCurrent_v2":
                self.pushed -= 1
        return 0


def test_used_is_total_less_free() -> None:
    """The context is put back after each look."""
    driver = Driver()
    read = gpu_memory_reader(load=lambda _name: driver)
    assert read() == GpuMemory(used=77 << 30, total=80 << 30)
    assert read() is not None
    assert driver.pushed == 0


@pytest.mark.parametrize(
    "failing",
    [
        "cuInit",
        "cuDeviceGet",
        "cuDevicePrimaryCtxRetain",
        "cuCtxPushCurrent_v2",
        "cuMemGetInfo_v2",
    ],
)
def test_a_driver_that_refuses_gives_no_figure(failing: str) -> None:
    """Absent, not zero."""
    driver = Driver(failing=failing)
    assert gpu_memory_reader(load=lambda _name: driver)() is None
    assert driver.pushed == 0


def test_without_a_driver_there_is_no_figure() -> None:
    """As on every machine without a GPU."""
    assert gpu_memory_reader(load=lambda _name: ctypes.CDLL("libnone.so.1"))() is None
