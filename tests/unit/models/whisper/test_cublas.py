"""Where cuBLAS is looked for."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import ctranslate2
import pytest

from models.base import ModelError
from models.settings import AsrSettings
from models.whisper import files
from models.whisper.cublas import LIBRARY, load_cublas
from models.whisper.model import WhisperModel


class Loader:
    """Loads what is there, and writes down what it was asked for."""

    def __init__(self, *there: str) -> None:
        self.there = there
        self.asked: list[str] = []

    def __call__(self, name: str, *, mode: int) -> object:
        assert mode == ctypes.RTLD_GLOBAL
        self.asked.append(name)
        if name not in self.there:
            raise OSError(f"{name}: cannot open shared object file")
        return SimpleNamespace()


def test_the_systems_own_comes_first() -> None:
    """As CTranslate2 would find it."""
    loader = Loader(LIBRARY)
    assert load_cublas(["/site"], loader) == LIBRARY
    assert loader.asked == [LIBRARY]


def test_nvidias_wheel_is_found_among_the_packages() -> None:
    """Where no loader looks by itself."""
    path = f"/b/nvidia/cublas/lib/{LIBRARY}"
    assert load_cublas(["/a", "/b"], Loader(path)) == path
    assert load_cublas(["/a"], Loader(path)) is None


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_gpu_without_cublas_gets_the_line_to_install_it(
    device: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before anything is decoded: CTranslate2 would fail at the first batch."""
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    monkeypatch.setattr(files, "load_cublas", lambda: None)
    with pytest.raises(ModelError, match="pip install nvidia-cublas-cu12"):
        WhisperModel.load(AsrSettings().model, AsrSettings(device=device))
    assert WhisperModel.load(AsrSettings().model, AsrSettings(device="cpu")).device == "cpu"
