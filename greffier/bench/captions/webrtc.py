"""One meeting through real WebRTC: `greffier demo` in real time, as a table of the report."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, cast

from greffier.demo.play import play
from greffier.settings import Settings

_HEAD = (
    "| speaker | WER | utterances | first text p50 / p95 | final p50 / p95 | finals shown"
    " / recorded | gaps |\n|---|--:|--:|--:|--:|--:|--:|"
)


def through_webrtc(settings: Settings) -> dict[str, Any]:
    """Play the demo meeting in real time, all processes on this machine; return its report.

    Takes three minutes. Raises ProcessFailed when a part of it fails.
    """
    with tempfile.TemporaryDirectory(prefix="greffier-bench-") as name:
        folder = Path(name)
        play(settings, out=folder, json_file=None, keep=False)
        return cast(dict[str, Any], json.loads((folder / "report.json").read_text("utf-8")))


def as_table(report: dict[str, Any]) -> str:
    """Return Markdown."""
    return "\n".join(
        [
            "The demo meeting: three participants who publish over WebRTC to a LiveKit server, the "
            "agent, the recognition process and a reader, all on this machine and in real time. "
            "Latencies are those of the reader, from the sound's leaving to the text's coming.",
            "",
            _HEAD,
            *(_line(one) for one in report["speakers"]),
        ]
    )


def _line(one: dict[str, Any]) -> str:
    cells = (
        str(one["name"]),
        f"{100 * one['wer']:.2f}%",
        str(one["utterances"]),
        f"{_sec(one['first_text_p50_s'])} / {_sec(one['first_text_p95_s'])}",
        f"{_sec(one['final_p50_s'])} / {_sec(one['final_p95_s'])}",
        f"{one['finals_shown']} / {one['finals_recorded']}",
        str(one["gaps"]),
    )
    return f"| {' | '.join(cells)} |"


def _sec(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f} s"
