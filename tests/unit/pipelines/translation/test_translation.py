from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

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
from pipelines.events import Segment, Speaker, TranslatedCaption, Translation
from pipelines.settings import CaptionSettings
from pipelines.translation.afterwards import AT_ONCE, MOST_WAITING
from pipelines.translation.translated_finals import TranslatedFinals
from pipelines.translation.translator import EnglishFinals, LlmTranslator
from tests.unit.models.llm_server import serving
from tests.unit.pipelines.echo.leaky_meeting import Sink

ENGLISH = (Translation(language="en", text="Hello everyone"),)


class Screen(Sink):
    """A sink that also shows finals again."""

    def __init__(self) -> None:
        super().__init__()
        self.again: list[Segment] = []

    async def translated(self, segment: Segment) -> None:
        self.again.append(segment)


@asynccontextmanager
async def said(recogniser: ScriptedRecogniser) -> AsyncIterator[tuple[Screen, EnglishFinals]]:
    """A sentence of a speaker whose final is out."""
    screen = Screen()
    english = EnglishFinals(screen, recogniser)
    captions = TrackCaptions(
        meeting_id="m",
        speaker=Speaker(identity="a", name="A", track_sid="T"),
        detector=LoudnessDetector(),
        recogniser=recogniser,
        sink=screen,
        settings=CaptionSettings(),
        english=english,
    )
    sound = np.concatenate([np.full(2 * SAMPLE_RATE, 0.1), np.zeros(SAMPLE_RATE)])
    await captions.feed(sound.astype(np.float32), 0)
    await captions.finish()
    await captions.drain()
    yield screen, english
    await english.aclose()


def both(request: RecognitionRequest) -> str:
    return "Hello everyone" if request.task is Task.TRANSLATE else "Bonjour à tous"


async def test_a_final_is_out_at_once_and_comes_again_with_whispers_english() -> None:
    """Asked for finals only, however long it takes; the text itself stays as it was said."""
    may_answer = asyncio.Event()

    class Slow(ScriptedRecogniser):
        async def recognise(self, request: RecognitionRequest) -> Recognition:
            if request.task is Task.TRANSLATE:
                await may_answer.wait()
            return await super().recognise(request)

    recogniser = Slow(both)
    async with said(recogniser) as (screen, english):
        (final,) = screen.finals
        assert (final.text, final.translations, screen.again) == ("Bonjour à tous", (), [])
        may_answer.set()
        await english.settled()
    assert screen.again == [replace(final, translations=ENGLISH)]
    asked = [one for one in recogniser.requests if one.task is Task.TRANSLATE]
    assert [(one.kind, one.language) for one in asked] == [(Kind.FINAL, "fr")]


async def test_english_is_not_translated() -> None:
    """There is nothing to do."""
    recogniser = ScriptedRecogniser(both, language="en")
    async with said(recogniser) as (screen, english):
        await english.settled()
    assert len(screen.finals) == 1
    assert not screen.again
    assert all(one.task is Task.TRANSCRIBE for one in recogniser.requests)


async def test_whispers_english_that_fails_costs_no_caption() -> None:
    """The final is out without it."""
    fails = ScriptedRecogniser(
        lambda one: ModelUnavailable("away") if one.task is Task.TRANSLATE else "Bonjour"
    )
    async with said(fails) as (screen, english):
        await english.settled()
    assert [one.text for one in screen.finals] == ["Bonjour"]
    assert not screen.again


async def test_readers_get_it_as_an_attribute() -> None:
    """One stream, two languages."""
    again = replace(segment(), translations=ENGLISH)
    stream = caption_stream(TranslatedCaption(seq=1, segment=again), "fr")
    assert stream.text == "Bonjour à tous"
    assert stream.attributes["greffier.translation.en"] == "Hello everyone"


async def test_an_llm_translates_the_text() -> None:
    """The same protocol over an OpenAI-compatible server; speech is data, the rule is not in it."""
    async with (
        serving('{"translation": " Hello everyone "}') as server,
        HttpLanguageModel(LlmSettings(url=server.url, model="m")) as model,
    ):
        assert await LlmTranslator(model).translate("Bonjour à tous", "en") == "Hello everyone"
    (asked,) = server.requests
    assert [one["content"] for one in asked["messages"]][1] == "Bonjour à tous"


async def test_an_llm_that_answers_otherwise_is_an_error_of_the_model() -> None:
    """Which a final goes without."""
    async with (
        serving("Hello everyone") as server,
        HttpLanguageModel(LlmSettings(url=server.url, model="m")) as model,
    ):
        with pytest.raises(LlmAnswerInvalid):
            await LlmTranslator(model).translate("Bonjour à tous", "en")


def segment(number: int = 1, language: str = "fr") -> Segment:
    return Segment(
        id=f"u{number}", speaker=Speaker(identity="a", name="A", track_sid="T"), start_ms=0,
        end_ms=900, text="Bonjour à tous", language=language, confidence=1.0,
    )  # fmt: skip


async def test_what_whisper_translated_passes_the_llm_by() -> None:
    """Both may be set, each for its own languages."""
    screen = Screen()
    async with (
        serving(None) as server,
        HttpLanguageModel(LlmSettings(url=server.url, model="m")) as model,
    ):
        sink = TranslatedFinals(screen, LlmTranslator(model), ("de",))
        again = replace(segment(), translations=ENGLISH)
        await sink.translated(again)
    assert (screen.again, server.requests) == ([again], [])


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
        assert len(sink._afterwards._tasks) == AT_ONCE + MOST_WAITING
        await sink.aclose()
        monkeypatch.setattr("pipelines.translation.afterwards.PATIENCE_SEC", 0.05)
        await sink.final(segment(), Pressure.NONE)
        await sink.settled()
    async with (
        serving("Bonjour à tous") as server,
        HttpLanguageModel(LlmSettings(url=server.url, **settings)) as model,
    ):
        monkeypatch.setattr("pipelines.translation.afterwards.PATIENCE_SEC", 15.0)
        sink = TranslatedFinals(screen, LlmTranslator(model), ("en",))
        await sink.final(segment(), Pressure.NONE)
        await sink.settled()
    assert not screen.again
    assert "was not translated: TimeoutError" in caplog.text
    assert "was not translated: LlmAnswerInvalid" in caplog.text
    assert "Bonjour" not in caplog.text
