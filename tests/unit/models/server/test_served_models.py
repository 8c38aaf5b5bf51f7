from __future__ import annotations

from pathlib import Path

import pytest

from models.base import Kind, ModelError
from models.engine.job import silence
from models.server.served_models import fallback, load, resolved
from models.settings import AsrSettings


def test_the_fallback_takes_the_main_models_place(tiny_model: Path) -> None:
    """The memory of the main one is given back first; what is loaded then decodes."""
    settings = AsrSettings(
        model=tiny_model, fallback_model=str(tiny_model), device="cpu", threads=1
    )
    main = load(settings.model, settings)
    main.transcribe([silence(main, Kind.FINAL)])  # a worker that has just answered
    fall_back = fallback(settings, [main])
    assert fall_back is not None
    small = fall_back()
    assert len(small.transcribe([silence(small, Kind.FINAL)])) == 1
    assert not main._model.model_is_loaded


def test_none_is_set_none_is_there(tiny_model: Path) -> None:
    settings = AsrSettings(model=tiny_model, device="cpu", threads=1)
    assert fallback(settings, [load(settings.model, settings)]) is None


def test_a_fallback_that_was_never_pulled_is_said_at_the_start(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Not at the moment when it is needed."""
    settings = AsrSettings(
        model=tiny_model, fallback_model="large-v3-turbo", models_folder=tmp_path
    )
    with pytest.raises(ModelError, match="models pull large-v3-turbo"):
        resolved(settings)
    nowhere = settings.model_copy(update={"fallback_model": str(tmp_path / "nope")})
    with pytest.raises(ModelError, match="there is no model folder"):
        resolved(nowhere)
