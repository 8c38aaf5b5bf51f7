"""The speech model: its folder, its device, and whether it hears what is said."""

from __future__ import annotations

import asyncio

from greffier.demo_model import is_demo
from greffier.doctor.finding import Finding
from greffier.errors import EXPECTED
from greffier.settings import Settings
from models.settings import AsrSettings

_DEMO = "the demo model: for demonstrations only, see README, “Real models”"


async def check_model(settings: Settings) -> Finding:
    """Load it, verify it, let it hear a sentence."""
    try:
        words = await asyncio.to_thread(_load, settings.asr)
    except EXPECTED as error:
        return Finding(part="model", well=False, words=str(error))
    return Finding(part="model", well=True, words=words)


def _load(asr: AsrSettings) -> str:
    """Say what the model is. Raises ModelError."""
    import ctranslate2  # noqa: PLC0415

    from models.server.served_models import resolved, tested  # noqa: PLC0415
    from models.store.manifest import read, verify  # noqa: PLC0415
    from models.whisper.cublas import load_cublas  # noqa: PLC0415

    asr = resolved(asr)
    manifest = read(asr.model)
    if manifest:
        verify(asr.model, manifest)
    model, heard = tested(asr.model, asr)
    facts = [str(asr.model), f"{model.device} {model.compute_type}", str(heard)]
    if model.device == "cuda":
        facts.append(f"cuBLAS: {load_cublas()}")
    elif not ctranslate2.get_cuda_device_count():
        facts.append("no GPU here")
    if manifest:
        facts.append("every byte as it was pulled")
    if is_demo(asr.model):
        facts.append(_DEMO)
    return "; ".join(facts)
