"""Real servers, one of each a session."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import LiveKit, asr_process, livekit_server


@pytest.fixture(scope="session")
def livekit() -> Iterator[LiveKit]:
    """LiveKit's own server on loopback."""
    with livekit_server() as server:
        yield server


@pytest.fixture(scope="session")
def asr_url() -> Iterator[str]:
    """The recognition process with the demo model."""
    with tempfile.TemporaryDirectory(prefix="greffier-asr-") as folder:
        url = f"unix:{Path(folder) / 'asr.sock'}"
        with asr_process(url):
            yield url
