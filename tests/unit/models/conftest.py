from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.models.tiny_whisper import make


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CTranslate2 Whisper of random weights."""
    return make(tmp_path_factory.mktemp("tiny-whisper"))
