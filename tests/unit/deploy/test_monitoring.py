"""Dashboard and alerts speak of metrics that the processes truly show, and of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from agent.metrics import MeetingMetrics, WorkerMetrics
from delivery.metrics import JobsMetrics
from models.engine.engine import Engine
from models.server.gpu_memory import GpuMemory
from models.server.metrics import AsrMetrics
from models.settings import AsrSettings
from rooms.metrics import RoomsMetrics
from tests.unit.models.engine.fake_model import FakeModel

DEPLOY = Path(__file__).parents[3] / "deploy"
DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
OURS = re.compile(r"\b(?:greffier|process)_[a-z0-9_]+\b")
SELECTOR = re.compile(r"\b(greffier_[a-z0-9_]+|process_[a-z0-9_]+|up)(?:\{([^}]*)\})?")
EVERYWHERE = {"job", "instance"}


def registries(folder: Path) -> Iterator[CollectorRegistry]:
    """What each process shows, with a GPU."""
    asr = AsrMetrics.make()
    asr.watch("turbo")
    engine = Engine(FakeModel(), AsrSettings())
    asr.show_state(
        "turbo",
        device="cuda",
        load=lambda: {**engine.load(), "degraded": engine.fell_back},
        gpu_memory=lambda: GpuMemory(used=1, total=2),
    )
    worker = WorkerMetrics(folder)
    worker.watch(lambda: 0, 50)
    yield from (
        asr.registry,
        worker.registry,
        MeetingMetrics.make().registry,
        RoomsMetrics.make().registry,
        JobsMetrics.make().registry,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The labels of each sample's name; of metrics without a child yet, by the metric's own."""
    names: dict[str, set[str]] = {"up": set()}
    for registry in registries(tmp_path_factory.mktemp("metrics")):
        for collector, known in registry._collector_to_names.items():
            labels = set(getattr(collector, "_labelnames", ()))
            for name in known:
                names.setdefault(name, set()).update(labels)
        for family in registry.collect():
            for sample in family.samples:
                names.setdefault(sample.name, set()).update(sample.labels)
    return names


def panels() -> list[dict[str, object]]:
    dashboard = json.loads((DEPLOY / "grafana" / "greffier.json").read_text(encoding="utf-8"))
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def alerts() -> list[dict[str, object]]:
    text = (DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
    (group,) = yaml.safe_load(text)["groups"]
    return list(group["rules"])


def expressions() -> dict[str, str]:
    """Every expression, by where it is."""
    of_panels = {
        f"{panel['title']}/{target['refId']}": target["expr"]
        for panel in panels()
        for target in panel["targets"]
    }
    return of_panels | {str(rule["alert"]): str(rule["expr"]) for rule in alerts()}


@pytest.mark.parametrize("where", expressions())
def test_an_expression_names_metrics_and_labels_that_exist(
    where: str, shown: dict[str, set[str]]
) -> None:
    """A mistyped name would be an empty panel, or an alert that never fires."""
    text = expressions()[where]
    used = SELECTOR.findall(text)
    assert used
    assert text.count("(") == text.count(")")
    for name, selector in used:
        assert name in shown
        for label, value in re.findall(r'(\w+)=~?"([^"]*)"', selector):
            assert label in shown[name] | EVERYWHERE
            assert value
    known = set().union(*(shown[name] for name, _ in used)) | EVERYWHERE
    for grouped in re.findall(r"\bby \(([^)]*)\)", text):
        assert {label.strip() for label in grouped.split(",")} <= known | {"le"}


def test_each_metric_of_ours_is_on_the_dashboard_and_explained(
    shown: dict[str, set[str]],
) -> None:
    """What nobody looks at needs not be measured."""
    on_dashboard = {
        name
        for panel in panels()
        for target in panel["targets"]
        for name in OURS.findall(target["expr"])
    }
    explained = set(OURS.findall(DOCS.read_text(encoding="utf-8")))
    families = {re.sub(r"_(bucket|count|sum|created|total)$", "", name) for name in shown}
    for family in sorted(name for name in families if name.startswith("greffier_")):
        forms = {family, *(f"{family}_{end}" for end in ("bucket", "count", "sum", "total"))}
        assert forms & on_dashboard, f"{family} is on no panel"
        assert forms & explained, f"{family} is not in docs/operations.md"


def test_docs_name_no_metric_that_is_not_there(shown: dict[str, set[str]]) -> None:
    """Documentation that has outlived its metric misleads at night."""
    for name in OURS.findall(DOCS.read_text(encoding="utf-8")):
        assert name in shown or f"{name}_bucket" in shown, name


def test_panels_have_places_of_their_own() -> None:
    """None covers another."""
    cells: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        assert isinstance(at, dict)
        own = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not own & cells
        cells |= own


def test_each_alert_says_what_is_wrong_and_what_to_do() -> None:
    """And how urgent it is; its name is in the documentation."""
    text = DOCS.read_text(encoding="utf-8")
    for rule in alerts():
        annotations, labels = rule["annotations"], rule["labels"]
        assert isinstance(annotations, dict)
        assert isinstance(labels, dict)
        assert annotations["summary"]
        assert annotations["mend"]
        assert labels["severity"] in ("warning", "critical")
        assert str(rule["alert"]) in text
