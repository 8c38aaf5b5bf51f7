from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from greffier.bench.captions.accuracy import Accuracy
from greffier.bench.captions.attribution import Attribution
from greffier.bench.captions.latency import Latencies
from greffier.bench.captions.outcome import Outcome, Row, Trade, together
from greffier.bench.captions.report import as_json, as_markdown, verdicts, write
from greffier.bench.captions.stability import Stability


def row(name: str, errors: int = 2, changed: int = 0, erased: int = 5, cp: int = 3) -> Row:
    return Row(
        name=name,
        kind="2 people",
        seconds=60.0,
        accuracy=Accuracy(words=100, errors=errors, track_sec=120, speech_sec=50, names=4),
        stability=Stability(
            final_words=100,
            erased=erased,
            confirmed=70,
            confirmed_changed=changed,
            shortest_gap_sec=0.7,
        ),
        latencies=Latencies(first_text=(0.5, 0.7), confirmed=(0.6,), final=(1.0, float("inf"))),
        attribution=Attribution(words=100, cp_errors=cp, tcp_errors=3, orc_errors=3),
        offline={"true_cuts": 2, "whole_track": 9},
    )


def outcome(*rows: Row) -> Outcome:
    return Outcome(
        command="greffier bench captions",
        date="2026-01-01",
        model="demo",
        speech="Made meetings.",
        seed=1,
        machine={"processor": "x"},
        settings={"partials": "each 0.7 s"},
        rows=rows,
        trades=(Trade(name="each 0.7 s, all words", chosen=True, row=rows[0]),),
    )


def test_a_total_counts_words_not_meetings() -> None:
    """Errors and words are added up before they are divided."""
    figures = together([row("a", errors=1), row("b", errors=5)]).figures()
    assert figures["wer"] == 0.03
    assert figures["offline_true_cuts_wer"] == 0.02
    assert figures["normalised_erasure"] == 0.05
    assert figures["first_text_p50_s"] == 0.5


def test_a_way_that_was_not_read_everywhere_has_no_total() -> None:
    """Half an offline figure would be compared with a whole one."""
    untimed = Row(
        name="b",
        kind="",
        seconds=1.0,
        accuracy=Accuracy(words=10),
        stability=Stability(),
        latencies=Latencies(),
        offline={"whole_track": 1},
    )
    total = together([row("a"), untimed])
    assert set(total.offline) == {"whole_track"}


def test_each_bar_is_said_to_be_kept_or_missed() -> None:
    """With its numbers."""
    kept = verdicts(row("a"))
    assert len(kept) == 5
    assert all(line.startswith("**Kept**") for line in kept)
    missed = verdicts(row("a", errors=9, changed=1, erased=11, cp=9))
    assert [line.startswith("**Missed**") for line in missed] == [True, True, True, False, True]


def test_what_never_came_is_a_dash() -> None:
    """In the report, and null in the JSON."""
    text = as_markdown(outcome(row("a")))
    assert "1.00 s / – / –" in text
    figures = as_json(outcome(row("a")))["all"]
    assert isinstance(figures, dict)
    assert figures["final_p95_s"] is None


def test_the_report_is_written_with_its_pictures(tmp_path: Path) -> None:
    """Markdown names the pictures, and they are XML."""
    other = tmp_path / "elsewhere" / "figures.json"
    paths = write(outcome(row("a"), row("b<&")), tmp_path, other)
    assert all(path.exists() for path in paths)
    for name in ("meetings.svg", "trade-off.svg"):
        assert f"({name})" in (tmp_path / "report.md").read_text("utf-8")
        ElementTree.parse(tmp_path / name)
    assert json.loads(other.read_text())["all"]["words"] == 200


@pytest.mark.parametrize("name", ["wer", "cpwer", "tcpwer", "orcwer", "normalised_erasure"])
def test_the_names_of_the_figures_stay(name: str) -> None:
    """Scripts read them."""
    assert isinstance(row("a").figures()[name], float)
