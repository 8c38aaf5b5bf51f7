"""`greffier bench network`."""

from __future__ import annotations

from pathlib import Path

import pytest

from greffier.bench.network.run import bench
from greffier.errors import CommandError
from greffier.settings import load


def test_an_unknown_network_is_named_with_those_there_are(tmp_path: Path) -> None:
    """Before anything is started."""
    with pytest.raises(CommandError, match="no network wifi: take some of perfect, delay"):
        bench(load(), ["perfect", "wifi"], seconds=20, seed=1, out=tmp_path)
