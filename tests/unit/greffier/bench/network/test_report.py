"""The report on networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from greffier.bench.network.report import Row, update

ROW = Row(
    network="loss10", about="10% loss", seconds=20, words=31, wer=0.129, finals_shown=5,
    finals_recorded=5, gaps=0, joined_s=30.1, first_text_p50_s=1.7, first_text_p95_s=1.9,
    final_p50_s=1.8, final_p95_s=3.0, packets=5000, packets_lost=500, seed=1,
)  # fmt: skip


def test_a_measured_row_takes_its_old_ones_place_and_others_stay(tmp_path: Path) -> None:
    """Rows stand in the order of the networks, whatever the order of measuring."""
    update(tmp_path, [ROW], about={"model": "demo"})
    update(tmp_path, [replace(ROW, network="perfect", wer=None)], about={"model": "demo"})
    text = update(tmp_path, [replace(ROW, wer=0.05)], about={"model": "demo"})
    rows = json.loads((tmp_path / "report.json").read_text())["rows"]
    assert [(row["network"], row["wer"]) for row in rows] == [("perfect", None), ("loss10", 0.05)]
    assert "| 10% loss | 5.0% of 31 | 5 / 5 | 0 | 1.70 s / 1.90 s |" in text.read_text()
