"""A report as three files of the same figures: Markdown, SVG, JSON."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from greffier.bench.machine import machine
from greffier.bench.report_files import write_report


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table; all columns but the first are numbers."""
    lines = [" | ".join(head), " | ".join(["---", *["--:"] * (len(head) - 1)])]
    lines += [" | ".join(str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def facts(values: Mapping[str, str]) -> str:
    """Return names and values as a Markdown table."""
    return "\n".join(["| | |", "|---|---|", *(f"| {k} | {v} |" for k, v in values.items())])


def write_page(
    folder: Path,
    *,
    title: str,
    verdicts: Sequence[str],
    how: str,
    body: Sequence[str],
    svg: str,
    figures: Mapping[str, object],
    about: Mapping[str, str],
    json_file: Path | None,
) -> list[Path]:
    """Write `report.md`, `report.svg`, `report.json` in the folder; return their paths."""
    command = shlex.join(["greffier", *sys.argv[1:]])
    known = {"date": datetime.now(UTC).date().isoformat(), **about, **machine()}
    text = "\n\n".join(
        [
            f"# {title}",
            f"![{title}](report.svg)",
            "\n".join(f"- {one}" for one in verdicts),
            "## How it was measured",
            f"```\n{command}\n```",
            how,
            facts(known),
            "## Figures",
            *body,
        ]
    )
    return write_report(
        folder,
        text=text + "\n",
        pictures={"report.svg": svg},
        figures={"command": command, **known, **figures},
        json_file=json_file,
    )
