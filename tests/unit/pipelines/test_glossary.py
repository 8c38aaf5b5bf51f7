from __future__ import annotations

import numpy as np
import pytest

from models.base import SAMPLE_RATE, Kind, RecognitionRequest, Samples
from models.fakes import LoudnessDetector, ScriptedRecogniser
from pipelines.captions import TrackCaptions
from pipelines.events import Speaker
from pipelines.glossary import LONGEST_CHARACTERS, is_leak, prompt_of
from pipelines.settings import CaptionSettings
from tests.unit.pipelines.echo.leaky_meeting import Sink

PROMPT = "Visio, LiveKit, accessibilité, Élise Martin"


def test_terms_then_names_once_each() -> None:
    """Without terms there is no prompt; a long list is cut at a whole term."""
    assert prompt_of(["Visio", " LiveKit "], ["Élise", "Visio"]) == "Visio, LiveKit, Élise"
    assert prompt_of([], ["Élise"]) == ""
    assert len(prompt_of([f"terme{number}" for number in range(200)])) <= LONGEST_CHARACTERS


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("Visio, LiveKit, accessibilité, Élise", True),
        ("livekit accessibilité élise martin.", True),
        ("Élise Martin ?", False),
        ("Élise Martin parle de Visio.", False),
        ("", False),
    ],
)
def test_only_a_stretch_of_the_prompt_is_a_leak(text: str, leak: bool) -> None:
    """Who says a name, or a term in a sentence, is heard."""
    assert is_leak(text, PROMPT) is leak


async def finals(recogniser: ScriptedRecogniser, sound: Samples) -> Sink:
    sink = Sink()
    captions = TrackCaptions(
        meeting_id="m",
        speaker=Speaker(identity="a", name="A", track_sid="T"),
        detector=LoudnessDetector(),
        recogniser=recogniser,
        sink=sink,
        settings=CaptionSettings(),
        prompt=lambda: PROMPT,
    )
    await captions.feed(np.concatenate([sound, np.zeros(SAMPLE_RATE, "f4")]), 0)
    await captions.finish()
    await captions.drain()
    return sink


def spoken(sec: float) -> Samples:
    return np.full(round(sec * SAMPLE_RATE), 0.1, dtype=np.float32)


async def test_the_prompt_goes_behind_confident_speech_only() -> None:
    """Finals of a second and more; never a partial, never a short sound."""
    recogniser = ScriptedRecogniser(lambda _: "Bonjour")
    await finals(recogniser, spoken(2.0))
    await finals(recogniser, spoken(0.5))
    assert {request.kind: request.prompt for request in recogniser.requests[:-1]} in (
        {Kind.FINAL: PROMPT},
        {Kind.PARTIAL: "", Kind.FINAL: PROMPT},
    )
    assert recogniser.requests[-1].prompt == ""


async def test_what_is_only_the_prompt_is_heard_again_without_it() -> None:
    """The words of the prompt are no caption; what was said is."""

    def writes_its_prompt(request: RecognitionRequest) -> str:
        return request.prompt or "Bonjour"

    sink = await finals(ScriptedRecogniser(writes_its_prompt), spoken(2.0))
    assert [final.text for final in sink.finals] == ["Bonjour"]
