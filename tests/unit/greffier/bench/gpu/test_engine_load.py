"""The requests of many speakers are those that the worker would send."""

from __future__ import annotations

from greffier.bench.gpu.engine_load import requests_of
from models.base import SAMPLE_RATE, Kind
from pipelines.settings import CaptionSettings
from tests.unit.greffier.bench.made import utterance

SAID = [utterance(f"word {at}", 2.0 + at) for at in range(3)]


def test_each_utterance_has_its_partials_and_one_final() -> None:
    plan = requests_of(SAID, tracks=30, seconds=20)
    assert [one.at_sec for one in plan] == sorted(one.at_sec for one in plan)
    by_name: dict[str, list[Kind]] = {}
    for one in sorted(plan, key=lambda one: len(one.request.samples)):
        by_name.setdefault(one.request.utterance_id, []).append(one.request.kind)
    assert len({one.request.track_id for one in plan}) == 30
    for kinds in by_name.values():
        assert kinds.count(Kind.FINAL) == 1
        assert kinds[-1] is Kind.FINAL
        assert len(kinds) >= 3


def test_a_final_is_due_after_the_closing_silence() -> None:
    silence = CaptionSettings().min_silence_sec
    finals = [one for one in requests_of(SAID, tracks=1, seconds=20) if not one.first]
    finals = [one for one in finals if one.request.kind is Kind.FINAL]
    assert all(abs((one.at_sec - one.spoken_sec) % 20 - silence) < 0.01 for one in finals)
    assert all(len(one.request.samples) <= 30 * SAMPLE_RATE for one in finals)
