"""The models that one recognition process serves: found, loaded and tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from models.asr_self_test import Heard, self_test
from models.model_store import resolve
from models.settings import AsrSettings
from models.whisper import WhisperModel

log = structlog.get_logger("greffier.asr")


def resolved(settings: AsrSettings) -> AsrSettings:
    """Return the settings with folders in place of names. Raises ModelError."""
    found = {"model": resolve(settings.model, settings.models_folder)}
    if settings.fallback_model:
        # Its folder is looked for now, not when it is needed.
        resolve(Path(settings.fallback_model), settings.models_folder)
    return settings.model_copy(update=found)


def tested(folder: Path, settings: AsrSettings) -> tuple[WhisperModel, Heard]:
    """Load a model's folder and let it hear a sentence; how well it did. Raises ModelError."""
    model = WhisperModel.load(
        folder,
        device=settings.device,
        compute_type=settings.compute_type,
        threads=settings.threads,
        beam_partial=settings.beam_partial,
        beam_final=settings.beam_final,
    )
    return model, self_test(model, settings.model_copy(update={"model": folder}))


def load(folder: Path, settings: AsrSettings) -> WhisperModel:
    """As `tested`; how well it heard goes to the log."""
    model, heard = tested(folder, settings)
    log.info(
        "loaded",
        model=folder.name,
        device=model.device,
        compute_type=model.compute_type,
        self_test=str(heard),
    )
    if heard.poor:
        log.warning("the self-test was poorly heard: is this model for your languages?")
    return model


def fallback(settings: AsrSettings, main: WhisperModel) -> Callable[[], WhisperModel] | None:
    """Return what puts the smaller model in the place of the main one; None if none is set."""
    if not settings.fallback_model:
        return None
    folder = resolve(Path(settings.fallback_model), settings.models_folder)

    def fall_back() -> WhisperModel:
        main.unload()
        return load(folder, settings)

    return fall_back
