from __future__ import annotations

import asyncio

import numpy as np
import pytest

from agent.caption_stream import caption_stream
from models.base import (
    SAMPLE_RATE,
    Kind,
    ModelUnavailable,
    Pressure,
    Recognition,
    RecognitionRequest,
    Task,
)
from models.fakes import LoudnessDetector, ScriptedRecogniser
from models.llm_http import HttpLanguageModel, LlmAnswerInvalid
from models.settings import LlmSettings
from pipelines.captions import TrackCaptions
from pipelines.events import FinalCaption, Segment, Speaker, Translation
from pipelines.settings import CaptionSettings
from pipelines.translated_finals import AT_ONCE, MOST_WAITING, TranslatedFinals
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
        serving('{"translation": " Hello everyone "}') as server,
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


class Screen(Sink):
    """A sink that also shows finals again."""

    def __init__(self) -> None:
        super().__init__()
        self.again: list[Segment] = []

    async def translated(self, segment: Segment) -> None:
        self.again.append(segment)


def segment(number: int = 1, language: str = "fr") -> Segment:
    return Segment(
        id=f"u{number}", speaker=Speaker(identity="a", name="A", track_sid="T"), start_ms=0,
        end_ms=900, text="Bonjour à tous", language=language, confidence=1.0,
    )  # fmt: skip


async def test_finals_are_out_at_once_and_come_again_translated_by_the_llm() -> None:
    """Over HTTP; into each language that is wanted and not spoken, by its name."""
    screen = Screen()
    async with (
        serving('{"translation": "Hello everyone"}') as server,
        HttpLanguageModel(LlmSettings(url=server.url, model="m")) as model,
    ):
        sink = TranslatedFinals(screen, LlmTranslator(model), ("en", "fr", "de"))
        await sink.final(segment(), Pressure.NONE)
        assert [one.id for one in screen.finals] == ["u1"]
        assert not screen.again, "nobody waits for an LLM"
        await sink.settled()
    (again,) = screen.again
    assert (again.id, again.text) == ("u1", "Bonjour à tous")
    assert [one.language for one in again.translations] == ["en", "de"]
    rules = [asked["messages"][0]["content"] for asked in server.requests]
    assert ["into English" in rules[0], "into German" in rules[1]] == [True, True]


async def test_an_llm_that_hangs_or_fails_costs_translations_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounded in number and in time; what was said is in no log."""
    screen = Screen()
    settings = {"model": "m", "timeout_sec": 60.0}
    async with (
        serving(None) as server,
        HttpLanguageModel(LlmSettings(url=server.url, **settings)) as model,
    ):
        sink = TranslatedFinals(screen, LlmTranslator(model), ("en",))
        for number in range(2 * (AT_ONCE + MOST_WAITING)):
            await sink.final(segment(number), Pressure.NONE)
        assert len(screen.finals) == 2 * (AT_ONCE + MOST_WAITING)
        assert len(sink._tasks) == AT_ONCE + MOST_WAITING
        await sink.aclose()
        monkeypatch.setattr("pipelines.translated_finals.PATIENCE_SEC", 0.05)
        await sink.final(segment(), Pressure.NONE)
        await sink.settled()
    async with (
        serving("Bonjour à tous") as server,
        HttpLanguageModel(LlmSettings(url=server.url, **settings)) as model,
    ):
        monkeypatch.setattr("pipelines.translated_finals.PATIENCE_SEC", 15.0)
        sink = TranslatedFinals(screen, LlmTranslator(model), ("en",))
        await sink.final(segment(), Pressure.NONE)
        await sink.settled()
    assert not screen.again
    assert "was not translated: TimeoutError" in caplog.text
    assert "was not translated: LlmAnswerInvalid" in caplog.text
    assert "Bonjour" not in caplog.text
