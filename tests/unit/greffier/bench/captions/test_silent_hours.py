from __future__ import annotations

import json
from pathlib import Path

import pytest

from greffier.bench.captions.guards import GuardTable
from greffier.bench.captions.silent_hours import Hour, Silence, _write, hear_hour, hear_silence
from models.base import Recognition, RecognitionRequest
from models.fakes import ScriptedRecogniser
from models.vad import SETTLED_WINDOWS
from pipelines.settings import CaptionSettings


def invents(request: RecognitionRequest) -> Recognition:
    """Sure words, whatever the sound: what no guard of texts drops."""
    return Recognition(
        utterance_id=request.utterance_id, kind=request.kind, text="deux mots", language="fr"
    )


async def test_digital_silence_costs_nothing() -> None:
    """After its first second the network isn't run, the model never asked, nothing shown."""
    made = await hear_silence(
        ScriptedRecogniser(invents), CaptionSettings(), seconds=20.0, tracks=2
    )
    assert made == Silence(
        tracks=2,
        seconds=20.0,
        windows=2 * (20 * 16_000 // 512),
        inferences=2 * SETTLED_WINDOWS,
        requests=0,
        words=0,
    )


async def test_an_hour_counts_what_was_let_through_and_what_was_left() -> None:
    """By the real voice detector; of a model that is sure of all, every word counts once."""
    hour = await hear_hour(ScriptedRecogniser(invents), CaptionSettings(), seconds=300.0, seed=1)
    assert hour.words == 2 * hour.detected > 0
    assert hour.kept_words == sum(hour.kept_kinds.values()) <= hour.words


@pytest.mark.parametrize("kept", [0, 3])
def test_the_report_says_whether_the_bar_is_kept(tmp_path: Path, kept: int) -> None:
    """One false word and it is missed."""
    hour = Hour(
        seed=1,
        seconds=3600.0,
        detected=4,
        detected_sec=1.0,
        words=5,
        kept_words=kept,
        kept_kinds={"music": kept} if kept else {},
    )
    silence = Silence(tracks=3, seconds=60.0, windows=9, inferences=3, requests=0, words=0)
    guards = GuardTable(seconds=1.0, rows=(), kinds={})
    _write([hour], silence, guards, "demo-model", out=tmp_path, json_file=None)
    text = (tmp_path / "nonspeech.md").read_text("utf-8")
    assert text.count("**Missed**") == (1 if kept else 0)
    assert json.loads((tmp_path / "nonspeech.json").read_text("utf-8"))["false_words"] == kept
