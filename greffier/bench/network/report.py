"""The report on networks: Markdown and JSON of the same rows; a new row takes its old place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from greffier.bench.network.conditions import CONDITIONS

_HEAD = (
    "| network | WER | finals shown / recorded | gaps | first text p50 / p95 | final p50 / p95"
    " | ready after | packets lost |\n|---|--:|--:|--:|--:|--:|--:|--:|"
)
_HOW = (
    "The demo meeting's first {seconds} s over real WebRTC, with the whole of Greffier on this "
    "machine. Its three speakers are in a network namespace behind a link of our own "
    "(`greffier/bench/network/link.py`), which treats every packet of media and signalling alike, "
    "in both directions; a caption reader is beside the server. Speakers use LiveKit's Python SDK "
    "as it comes: Opus with redundancy (RED), DTX off. *First text*: from an utterance's first "
    "spoken sample being sent until its first text is at the reader; *final*: from its last. The "
    "delay of the link is part of both. *Ready after*: until all three have joined over the link, "
    "one after the other, and the agent has told the room. One play each: at 10% loss, another one "
    "may differ by some words."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One network."""

    network: str
    about: str
    seconds: float
    words: int
    wer: float | None
    finals_shown: int
    finals_recorded: int
    gaps: int
    joined_s: float
    first_text_p50_s: float | None
    first_text_p95_s: float | None
    final_p50_s: float | None
    final_p95_s: float | None
    packets: int
    packets_lost: int
    seed: int


def update(folder: Path, rows: Iterable[Row], *, about: Mapping[str, str]) -> Path:
    """Write `report.json` and `report.md` into `folder`; rows of other networks stay."""
    path = folder / "report.json"
    kept = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else []
    every = {row["network"]: Row(**row) for row in kept} | {row.network: row for row in rows}
    ordered = [every[name] for name in CONDITIONS if name in every]
    folder.mkdir(parents=True, exist_ok=True)
    content = {"about": dict(about), "rows": [asdict(row) for row in ordered]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    text = folder / "report.md"
    text.write_text(as_markdown(ordered, about), "utf-8")
    return text


def as_markdown(rows: Sequence[Row], about: Mapping[str, str]) -> str:
    """The report for people."""
    lengths = sorted({row.seconds for row in rows})
    table = "\n".join(f"| {name} | {value} |" for name, value in about.items())
    parts = [
        "# Captions of speakers on weak networks",
        "\n".join([_HEAD, *(_line(row) for row in rows)]),
        "## How it was measured",
        "`greffier bench network`; `--seconds` says how much of the meeting is played.",
        _HOW.format(seconds=" or ".join(f"{value:g}" for value in lengths)),
        f"| | |\n|---|---|\n{table}",
    ]
    return "\n\n".join(parts) + "\n"


def _line(row: Row) -> str:
    cells = (
        row.about,
        "–" if row.wer is None else f"{row.wer:.1%} of {row.words}",
        f"{row.finals_shown} / {row.finals_recorded}",
        str(row.gaps),
        f"{_sec(row.first_text_p50_s)} / {_sec(row.first_text_p95_s)}",
        f"{_sec(row.final_p50_s)} / {_sec(row.final_p95_s)}",
        f"{row.joined_s:.1f} s",
        f"{row.packets_lost} of {row.packets}",
    )
    return f"| {' | '.join(cells)} |"


def _sec(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
