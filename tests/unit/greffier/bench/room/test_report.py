"""The report: what a reader finds in it, and that its three forms say the same."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from xml.etree import ElementTree

from greffier.bench.room.participants import Manner
from greffier.bench.room.report import RoomOutcome, as_markdown, verdict, write
from tests.unit.greffier.bench.room.test_figures import row


def outcome(*quiet: float, lost: int = 0) -> RoomOutcome:
    sizes = (10, 50, 100)
    return RoomOutcome(
        command="greffier bench room",
        date="2026-01-01",
        model="demo-model",
        seconds=40,
        quiet_sec=15,
        share=0.3,
        silence=Manner.OPEN,
        streams="routed",
        machine={"processor": "one"},
        rows=tuple(row(size, cores, lost=lost) for size, cores in zip(sizes, quiet, strict=False)),
    )


def test_a_goal_that_is_kept_and_one_that_is_missed_are_said() -> None:
    assert "is within the goal" in verdict(outcome(0.10, 0.20, 0.30))
    assert "0.11% of 0.22%, over all rows, is spent in the LiveKit SDK" in verdict(
        outcome(0.10, 0.20, 0.30)
    )
    missed = verdict(outcome(0.10, 0.20, 0.50))
    assert "at most 0.60% of a core" in missed
    assert "misses the goal of 0.3%" in missed


def test_lost_utterances_are_said() -> None:
    assert "8 of 10 utterances came" in verdict(outcome(0.1, lost=2))


def test_a_size_that_the_machine_did_not_hold_is_said() -> None:
    one = dataclasses.replace(outcome(0.1, 0.2), failure="participants could not join")
    assert verdict(one).endswith("Then it went no further: participants could not join.")


def test_one_size_alone_says_nothing_of_each_more() -> None:
    assert "Each silent participant" not in verdict(outcome(0.1))
    assert "| 10 | 8 | 10.0% | – |" in as_markdown(outcome(0.1), "open.svg")


def test_the_three_forms_are_written_under_the_name_of_the_silence(tmp_path: Path) -> None:
    extra = tmp_path / "figures.json"
    paths = write(outcome(0.10, 0.20, 0.30), tmp_path / "room", extra)
    assert [path.name for path in paths] == ["open.md", "open.svg", "open.json", "figures.json"]
    figures = json.loads(extra.read_text())
    assert figures == json.loads((tmp_path / "room" / "open.json").read_text())
    assert [one["each_more_cores"] for one in figures["rows"]] == [None, 0.0025, 0.002]
    assert figures["rows"][0]["valid"] is True
    text = (tmp_path / "room" / "open.md").read_text()
    assert "(open.svg)" in text
    assert "| 100 | 8 | 30.0% | 0.200% |" in text
    picture = ElementTree.parse(tmp_path / "room" / "open.svg").getroot()
    assert len([one for one in picture.iter() if one.tag.endswith("circle")]) == 15
    assert "goal: 0.3% each" in "".join(picture.itertext())


def test_latencies_that_never_came_are_left_out_of_the_picture(tmp_path: Path) -> None:
    rows = (row(10, 0.1, final_p50_s=None, final_p95_s=None, wer=None),)
    write(dataclasses.replace(outcome(), rows=rows), tmp_path, None)
    picture = ElementTree.parse(tmp_path / "open.svg").getroot()
    assert len([one for one in picture.iter() if one.tag.endswith("circle")]) == 3
