"""The report says what was measured, and plainly what was missed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from greffier.bench.asr.offline import Offline
from greffier.bench.asr.outcome import Measured, Outcome
from greffier.bench.asr.report import as_json, as_markdown, verdict, write
from tests.unit.greffier.bench.made import row

GOOD = Measured(
    system="one",
    settings={"threads": "2"},
    rows=(row(2, 0.8), row(4, 1.2), row(8, None)),
    capacity=4,
)
BAD = Measured(system="<two>", settings={}, rows=(row(1, 2.5, system="<two>"),), capacity=0)
BROKEN = Measured(system="three", settings={}, failure="three ended at once: no model")


def outcome(*systems: Measured, searched: bool = True) -> Outcome:
    return Outcome(
        command="greffier bench asr --seconds 30",
        date="2026-01-02",
        model="demo-model, sha256 0123456789ab",
        speech="41 utterances of the committed demo meeting",
        seconds=30.0,
        share=0.7,
        seed=1,
        machine={"processor": "A processor, 2 cores"},
        searched=searched,
        systems=systems,
    )


def test_verdicts_are_sentences() -> None:
    assert "holds **4 tracks**" in verdict(GOOD, searched=True)
    assert "misses the bar of 1.5 s with a single track" in verdict(BAD, searched=True)
    assert "could not be measured to the end: three ended" in verdict(BROKEN, searched=True)


@pytest.mark.parametrize(("final", "said"), [(1.0, "holds 1 track."), (2.0, "misses the bar at")])
def test_a_single_point_is_judged_without_a_capacity(final: float, said: str) -> None:
    one = Measured(system="one", settings={}, rows=(row(1, final),))
    assert said in verdict(one, searched=False)


def test_the_markdown_has_command_machine_settings_and_every_row() -> None:
    text = as_markdown(outcome(GOOD, BAD, BROKEN))
    for part in (
        "greffier bench asr --seconds 30",
        "A processor",
        "| threads | 2 |",
        "sha256 0123",
    ):
        assert part in text
    assert "| one | 8 | 0.70 / 0.90 | 0.50 / – / – |" in text
    assert text.count("| no |") == 2
    assert text.count("| yes |") == 2


def test_a_late_generator_is_told_in_the_row() -> None:
    one = Measured(system="one", settings={}, rows=(row(9, 1.0, valid=False),), capacity=0)
    assert "no: generator late" in as_markdown(outcome(one))


def test_the_json_is_strict_and_complete(tmp_path: Path) -> None:
    """Files in the folder, and one more where the caller wants it."""
    paths = write(outcome(GOOD, BROKEN), tmp_path / "out", tmp_path / "more.json")
    assert all(path.exists() for path in paths)
    read = json.loads((tmp_path / "more.json").read_text())
    assert read == json.loads((tmp_path / "out" / "report.json").read_text())
    assert read["capacity"] == {"one": 4, "three": None}
    assert read["failures"] == {"three": "three ended at once: no model"}
    assert read["rows"][2]["final_p95_s"] is None
    assert json.loads(json.dumps(as_json(outcome(GOOD)), allow_nan=False))["bar_final_p95_s"] == 1.5


@pytest.mark.parametrize("systems", [(GOOD, BAD), (BROKEN,), ()])
def test_the_picture_is_well_formed(tmp_path: Path, systems: tuple[Measured, ...]) -> None:
    """Names are escaped, a curve a system, a bar for each capacity."""
    write(outcome(*systems), tmp_path, None)
    root = ElementTree.fromstring((tmp_path / "report.svg").read_text())
    curves = [one for one in root.iter() if one.tag.endswith("polyline")]
    assert len(curves) == len(systems)
    words = [one.text for one in root.iter() if one.tag.endswith("text")]
    assert all(one.system in words for one in systems)


def test_what_offline_means_is_told_way_by_way() -> None:
    """The best way to read whole tracks is the bar; true cuts stand beside it."""
    offline = Offline(
        tracks=4, utterances=50, words=1000, errors=10, whole_tracks={"windows": 500, "file": 40}
    )
    run = replace(outcome(GOOD), offline=offline)
    text = as_markdown(run)
    assert "| whole tracks, as `greffier transcribe` reads a file (the bar) | 4.00% |" in text
    assert "windows of 30 s | 50.00% |" in text
    assert "| true cuts: each utterance alone, padded to 30 s, faster-whisper | 1.00% |" in text
    assert as_json(run)["correctness"] == {
        "offline": {
            "wer": 0.01,
            "words": 1000,
            "utterances": 50,
            "tracks": 4,
            "whole_tracks": {"windows": 0.5, "file": 0.04},
            "best": "file",
            "best_wer": 0.04,
        }
    }
