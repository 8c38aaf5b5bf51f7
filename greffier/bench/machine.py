"""What the figures were measured on."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

import psutil

from greffier.bench.systems.base import PEERS, cores
from models.whisper.files import check_folder

_PACKAGES = ("ctranslate2", "faster-whisper", "onnxruntime", "numpy")
_CPU_INFO = Path("/proc/cpuinfo")


def machine() -> dict[str, str]:
    """Return processor, memory, system and versions, ready to be printed."""
    return {
        "processor": f"{_processor()}, {cores()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        **_peers(),
    }


def fingerprint(model: Path) -> str:
    """Return the folder's name and the beginning of its weights' SHA-256. Raises ModelError."""
    check_folder(model)
    digest = hashlib.sha256()
    with (model / "model.bin").open("rb") as weights:
        while block := weights.read(1 << 20):
            digest.update(block)
    return f"{model.name}, sha256 {digest.hexdigest()[:12]}"


def _processor() -> str:
    lines = _CPU_INFO.read_text().splitlines() if _CPU_INFO.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _peers() -> dict[str, str]:
    found = sorted(PEERS.glob("*/lib/python*/site-packages/whisper*live*-*.dist-info"))
    names = [folder.name.removesuffix(".dist-info").rsplit("-", 1) for folder in found]
    return {name.replace("_", "-"): number for name, number in names}
