"""Writes a report: a text, its pictures, and the same figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def write_report(
    folder: Path,
    *,
    text: str,
    pictures: Mapping[str, str],
    figures: Mapping[str, object],
    name: str = "report",
    json_file: Path | None = None,
) -> list[Path]:
    """Write `NAME.md`, the `pictures` by their names and `NAME.json`; return their paths.

    With `json_file` the figures stand there, too.
    """
    data = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    contents = {
        folder / f"{name}.md": text,
        **{folder / picture: svg for picture, svg in pictures.items()},
        folder / f"{name}.json": data,
        **({} if json_file is None else {json_file: data}),
    }
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return list(contents)
