"""The participants' program is formatted as Go is everywhere."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import greffier.bench.room

SOURCE = Path(greffier.bench.room.__file__).parent / "clients" / "main.go"
GOFMT = shutil.which("gofmt")


@pytest.mark.skipif(GOFMT is None, reason="no gofmt on PATH")
def test_the_source_is_as_gofmt_writes_it() -> None:
    assert GOFMT is not None
    done = subprocess.run([GOFMT, "-d", SOURCE], capture_output=True, text=True, check=True)
    assert done.stdout == ""
