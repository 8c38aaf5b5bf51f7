"""Models of single languages: who hears what, in which order, by which features."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from pydantic import ValidationError

from models.base import Kind, Recognition, RecognitionRequest
from models.engine.engine import Engine
from models.settings import AsrSettings
from models.whisper.item import Prepared, Transcript
from models.whisper.log_mel import LogMelStream
from models.whisper.model import WhisperModel
from models.whisper.sound import Sound
from tests.unit.models.engine.fake_model import FakeModel, busy, request

FRENCH, ENGLISH, GERMAN = 0.1, 0.2, 0.3
SPOKEN = {FRENCH: "fr", ENGLISH: "en", GERMAN: "de"}


class NamedModel(FakeModel):
    """Says its name; hears the language by the loudness. Fails for features not its own."""

    def __init__(self, name: str, bands: int = 80) -> None:
        super().__init__()
        self.name = name
        self.bands = bands
        self.detected: list[int] = []

    def new_stream(self) -> LogMelStream:
        return LogMelStream(FeatureExtractor(feature_size=self.bands))

    def prepare(self, sound: Sound, *, window_sec: float, **rest: object) -> Prepared:
        mel = sound.mel(round(window_sec * 100), self)
        self.loudest = float(max(piece.max() for piece in sound.session._pieces))
        return Prepared(mel=mel, audio_sec=self.loudest, **rest)

    def detect(self, batch: Sequence[Prepared]) -> list[tuple[str, float]]:
        self.detected.append(len(batch))
        return [(SPOKEN[round(item.audio_sec, 1)], 0.9) for item in batch]

    def transcribe(self, batch: Sequence[Prepared]) -> list[Transcript]:
        heard = super().transcribe(batch)
        assert {item.mel.shape[0] for item in batch} == {self.bands}
        texts = [f"{self.name} {item.audio_sec:.1f}" for item in batch]
        return [replace(one, text=text) for one, text in zip(heard, texts, strict=True)]


@pytest.fixture
def main() -> NamedModel:
    return NamedModel("main")


@pytest.fixture
def french() -> NamedModel:
    return NamedModel("french", bands=128)


@pytest.fixture
def engine(main: NamedModel, french: NamedModel) -> Iterator[Engine]:
    english = NamedModel("english")
    settings = AsrSettings(batch_wait_ms=0)
    engine = Engine(main, settings, language_models={"fr": french, "en": english})
    engine.start()
    yield engine
    main.gate.set()
    engine.stop()


def said(name: str, loudness: float, language: str | None = None) -> RecognitionRequest:
    samples = np.full(16_000, loudness, dtype=np.float32)
    one = request(name, Kind.FINAL, language)
    return replace(one, samples=samples, languages=("fr", "en", "de"))


async def together(
    engine: Engine, main: NamedModel, requests: Sequence[RecognitionRequest]
) -> list[Recognition]:
    first = await busy(engine, main)
    tasks = [asyncio.create_task(engine.submit(one)) for one in requests]
    while engine.load()["queued"] < len(requests):
        await asyncio.sleep(0.005)
    main.gate.set()
    answers = await asyncio.gather(*tasks)
    await first
    return answers


@pytest.fixture(autouse=True)
def quiet_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The request that keeps the thread busy is German: the main model hears it."""
    monkeypatch.setitem(SPOKEN, 0.0, "de")


async def test_each_language_is_heard_by_its_own_model(engine: Engine, main: NamedModel) -> None:
    """Detected in one pass of the main model, which also hears what has no model of its own."""
    loud = (FRENCH, ENGLISH, GERMAN, FRENCH)
    answers = await together(engine, main, [said(f"u{at}", how) for at, how in enumerate(loud)])
    assert [(a.utterance_id, a.text, a.language) for a in answers] == [
        ("u0", "french 0.1", "fr"),
        ("u1", "english 0.2", "en"),
        ("u2", "main 0.3", "de"),
        ("u3", "french 0.1", "fr"),
    ]
    assert {answer.language_probability for answer in answers} == {0.9}
    assert main.detected == [1, 4]


async def test_a_known_language_goes_straight_to_its_model(
    engine: Engine, main: NamedModel, french: NamedModel
) -> None:
    """No pass of the main model; in a batch of its own."""
    requests = [said("a", FRENCH, "fr"), said("b", FRENCH, "fr"), said("c", GERMAN, "de")]
    answers = await together(engine, main, requests)
    assert [answer.text for answer in answers] == ["french 0.1", "french 0.1", "main 0.3"]
    assert french.batches == [(Kind.FINAL, 2)]
    assert main.detected == [1], "but for the first, which kept it busy"


async def test_one_language_in_all_is_known(engine: Engine, main: NamedModel) -> None:
    answers = await together(engine, main, [replace(said("a", FRENCH), languages=("fr",))])
    assert answers[0].text == "french 0.1"


async def test_the_fallback_hears_all_languages(main: NamedModel, french: NamedModel) -> None:
    """When memory has run out the models of single languages are gone too."""
    small = NamedModel("small", bands=128)

    def full(batch: Sequence[Prepared]) -> list[Transcript]:
        raise RuntimeError("CUDA failed with error out of memory")

    french.transcribe = full  # type: ignore[method-assign]
    engine = Engine(
        main, AsrSettings(batch_wait_ms=0), fallback=lambda: small, language_models={"fr": french}
    )
    engine.start()
    answers = [await engine.submit(said("a", FRENCH, "fr")), await engine.submit(said("b", GERMAN))]
    assert [answer.text for answer in answers] == ["small 0.1", "small 0.3"]
    await asyncio.to_thread(engine.stop)


async def test_real_models_hear_each_their_language(tiny_model: Path) -> None:
    """Two of CTranslate2's: a request of unknown language is detected, then decoded."""
    main, french = (
        WhisperModel.load(tiny_model, AsrSettings(device="cpu", threads=1)) for _ in range(2)
    )
    engine = Engine(main, AsrSettings(beam_final=1), language_models={"fr": french})
    engine.start()
    unknown, known = await asyncio.gather(
        engine.submit(said("a", FRENCH)), engine.submit(said("b", FRENCH, "fr"))
    )
    assert unknown.language in ("fr", "en", "de")
    assert known.language == "fr"
    await asyncio.to_thread(engine.stop)


@pytest.mark.parametrize("pairs", [("fr",), ("fr:",), (":x",), ("fr:a", "fr:b")])
def test_a_mapping_that_is_none_is_refused(pairs: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="language"):
        AsrSettings(language_models=pairs)


def test_a_mapping_is_read() -> None:
    read = AsrSettings(language_models=("fr:/m/fr:1", "en:large-v3"))
    assert read.model_of_language == {"fr": Path("/m/fr:1"), "en": Path("large-v3")}
