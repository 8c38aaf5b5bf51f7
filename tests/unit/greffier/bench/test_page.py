"""A page is Markdown, a picture and the same figures as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from greffier.bench.curves import Curve, draw_curves
from greffier.bench.page import table, write_page

CURVES = [
    Curve(title="A < B", points=[(0, 1.0), (10, 3.0)], marks=(5.0,), bounds=(2.0,)),
    Curve(title="nothing yet", points=[]),
]


def test_curves_are_a_picture_with_a_title_each() -> None:
    svg = draw_curves(CURVES, label="two curves", axis="seconds")
    texts = [one.text for one in ElementTree.fromstring(svg).iter() if one.tag.endswith("text")]
    assert {"A < B", "nothing yet", "seconds"} <= set(texts)


def test_a_page_is_written_three_times(tmp_path: Path) -> None:
    paths = write_page(
        tmp_path / "out",
        title="A bench",
        verdicts=["**it holds**"],
        how="So.",
        body=[table(["a", "b"], [[1, 2]])],
        svg=draw_curves(CURVES, label="two", axis="s"),
        figures={"rows": [{"a": 1}]},
        about={"model": "demo"},
        json_file=tmp_path / "figures.json",
    )
    assert [path.name for path in paths] == [
        "report.md",
        "report.svg",
        "report.json",
        "figures.json",
    ]
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["rows"] == [{"a": 1}]
    assert figures["model"] == "demo"
    text = (tmp_path / "out" / "report.md").read_text()
    assert "- **it holds**" in text
    assert "| 1 | 2 |" in text
