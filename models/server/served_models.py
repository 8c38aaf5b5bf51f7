"""The models that one recognition process serves: found, loaded and tested."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from models.base import ModelError
from models.server.self_test import Heard, self_test
from models.settings import AsrSettings
from models.store.store import resolve
from models.whisper.files import check_folder
from models.whisper.model import WhisperModel

log = structlog.get_logger("greffier.asr")


def resolved(settings: AsrSettings) -> AsrSettings:
    """Return the settings with folders in place of names. Raises ModelError."""
    found = {"model": resolve(settings.model, settings.models_folder)}
    if settings.fallback_model:
        # Its folder is looked for now, not when it is needed.
        check_folder(resolve(Path(settings.fallback_model), settings.models_folder))
    own = {
        language: resolve(model, settings.models_folder)
        for language, model in settings.model_of_language.items()
    }
    pairs = tuple(f"{language}:{folder}" for language, folder in own.items())
    return settings.model_copy(update={**found, "language_models": pairs})


def tested(folder: Path, settings: AsrSettings) -> tuple[WhisperModel, Heard]:
    """Load a model's folder and let it hear a sentence; how well it did. Raises ModelError."""
    model = WhisperModel.load(
        folder, settings.model_copy(update={"workers": 1}) if settings.fallback_model else settings
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


def language_models(settings: AsrSettings, main: WhisperModel) -> dict[str, WhisperModel]:
    """Load the models of single languages. Raises ModelError."""
    for language in settings.model_of_language:
        if not main.knows(language):
            raise ModelError(f"asr.language_models: Whisper has no language {language!r}")
    return {
        language: load(folder, settings) for language, folder in settings.model_of_language.items()
    }


def fallback(
    settings: AsrSettings, served: Iterable[WhisperModel]
) -> Callable[[], WhisperModel] | None:
    """Return what puts the smaller model in the place of those served; None if none is set."""
    if not settings.fallback_model:
        return None
    folder = resolve(Path(settings.fallback_model), settings.models_folder)

    def fall_back() -> WhisperModel:
        for model in served:
            model.unload()
        return load(folder, settings)

    return fall_back
