from __future__ import annotations

import asyncio

import numpy as np
import pytest

from agent.caption_stream import caption_stream
from models.base import (
    SAMPLE_RATE,
    Kind,
    ModelUnavailable,
    Recognition,
    RecognitionRequest,
    Task,
)
from models.fakes import LoudnessDetector, ScriptedRecogniser
from models.llm_http import HttpLanguageModel, LlmAnswerInvalid
from models.settings import LlmSettings
from pipelines.captions import TrackCaptions
from pipelines.events import FinalCaption, Speaker, Translation
from pipelines.settings import CaptionSettings
from pipelines.translation import LlmTranslator
from tests.unit.models.llm_server import serving
from tests.unit.pipelines.leaky_meeting import Sink

ENGLISH = (Translation(language="en", text="Hello everyone"),)


async def said(recogniser: ScriptedRecogniser, **settings: bool) -> Sink:
    sink = Sink()
    captions = TrackCaptions(
        meeting_id="m",
        speaker=Speaker(identity="a", name="A", track_sid="T"),
        detector=LoudnessDetector(),
        recogniser=recogniser,
        sink=sink,
        settings=CaptionSettings(**settings),
    )
    sound = np.concatenate([np.full(2 * SAMPLE_RATE, 0.1), np.zeros(SAMPLE_RATE)])
    await captions.feed(sound.astype(np.float32), 0)
    await captions.finish()
    await captions.drain()
    return sink


def both(request: RecognitionRequest) -> str:
    return "Hello everyone" if request.task is Task.TRANSLATE else "Bonjour à tous"


async def test_a_final_carries_its_english_if_that_is_set() -> None:
    """Whisper's own task, asked for finals only; the text itself stays as it was said."""
    recogniser = ScriptedRecogniser(both)
    (final,) = (await said(recogniser, translate_to_en=True)).finals
    assert (final.text, final.translations) == ("Bonjour à tous", ENGLISH)
    asked = [one for one in recogniser.requests if one.task is Task.TRANSLATE]
    assert [(one.kind, one.language) for one in asked] == [(Kind.FINAL, "fr")]
    (final,) = (await said(ScriptedRecogniser(both))).finals
    assert final.translations == ()


async def test_english_is_not_translated() -> None:
    """There is nothing to do."""
    (final,) = (await said(ScriptedRecogniser(both, language="en"), translate_to_en=True)).finals
    assert final.translations == ()


async def test_a_translation_that_fails_or_is_late_costs_no_caption(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The final goes out without it."""
    fails = ScriptedRecogniser(
        lambda one: ModelUnavailable("away") if one.task is Task.TRANSLATE else "Bonjour"
    )
    (final,) = (await said(fails, translate_to_en=True)).finals
    assert (final.text, final.translations) == ("Bonjour", ())

    class Late(ScriptedRecogniser):
        async def recognise(self, request: RecognitionRequest) -> Recognition:
            if request.task is Task.TRANSLATE:
                await asyncio.Event().wait()
            return await super().recognise(request)

    monkeypatch.setattr("pipelines.finals.PATIENCE_SEC", 0.01)
    (final,) = (await said(Late(lambda _: "Bonjour"), translate_to_en=True)).finals
    assert (final.text, final.translations) == ("Bonjour", ())


async def test_readers_get_it_as_an_attribute() -> None:
    """One stream, two languages."""
    (final,) = (await said(ScriptedRecogniser(both), translate_to_en=True)).finals
    stream = caption_stream(FinalCaption(seq=1, segment=final), "fr")
    assert stream.text == "Bonjour à tous"
    assert stream.attributes["greffier.translation.en"] == "Hello everyone"


REQUEST = RecognitionRequest(utterance_id="u", kind=Kind.FINAL, samples=np.zeros(16, "f4"))
HEARD = Recognition(utterance_id="u", kind=Kind.FINAL, text="Bonjour à tous", language="fr")


async def test_an_llm_translates_the_text() -> None:
    """The same protocol over an OpenAI-compatible server; speech is data, the rule is not in it."""
    async with (
        serving('{"english": " Hello everyone "}') as server,
        HttpLanguageModel(LlmSettings(url=server.url, model="m")) as model,
    ):
        assert await LlmTranslator(model).to_english(REQUEST, HEARD) == "Hello everyone"
    (asked,) = server.requests
    assert [one["content"] for one in asked["messages"]][1] == "Bonjour à tous"


async def test_an_llm_that_answers_otherwise_is_an_error_of_the_model() -> None:
    """Which a final goes without."""
    async with (
        serving("Hello everyone") as server,
        HttpLanguageModel(LlmSettings(url=server.url, model="m")) as model,
    ):
        with pytest.raises(LlmAnswerInvalid):
            await LlmTranslator(model).to_english(REQUEST, HEARD)
