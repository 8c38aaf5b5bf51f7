"""Writes a report's files: the same figures beside the text and wherever they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_files(
    contents: Mapping[Path, str], figures: str, json_file: Path | None = None
) -> list[Path]:
    """Write each content to its path, and `figures` to `json_file`; return all paths."""
    everything = {**contents, **({} if json_file is None else {json_file: figures})}
    for path, text in everything.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(everything)
