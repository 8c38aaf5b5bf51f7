from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.base import Kind, Task
from models.settings import AsrSettings
from models.whisper.item import Prepared, stacked
from models.whisper.model import WhisperModel
from models.whisper.search import Search
from models.whisper.sound import Sound


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> WhisperModel:
    return WhisperModel.load(tiny_model, AsrSettings(device="cpu", threads=1, beam_final=2))


def item(model: WhisperModel, kind: Kind = Kind.FINAL, seed: int = 0, **more: object) -> Prepared:
    samples = np.random.default_rng(seed).normal(0, 0.1, 24_000).astype(np.float32)
    sound = Sound.whole(samples)
    return model.prepare(sound, window_sec=3, kind=kind, **more)


def test_a_window_has_a_hundred_frames_a_second(model: WhisperModel) -> None:
    """The mel's length is the window's, whatever the audio's."""
    assert item(model).mel.shape == (80, 300)
    long = Sound.whole(np.zeros(99_000, "f4"))
    assert model.prepare(long, window_sec=2, kind=Kind.FINAL).mel.shape[1] == 200


@pytest.mark.parametrize("kind", list(Kind))
def test_a_batch_answers_each_item(model: WhisperModel, kind: Kind) -> None:
    """Mixed languages in one batch: as many answers as items, in the languages allowed."""
    batch = [
        item(model, kind, 0, language="fr"),
        item(model, kind, 1, languages=("fr", "en")),
        item(model, kind, 2, languages=("en",)),
    ]
    heard = model.transcribe(batch)
    assert [h.language for h in heard][::2] == ["fr", "en"]
    assert heard[1].language in ("fr", "en")
    assert all(math.isfinite(h.avg_logprob) and 0 <= h.no_speech_prob <= 1 for h in heard)


def test_an_item_says_the_same_alone_and_in_a_batch(model: WhisperModel) -> None:
    """Batching speakers together doesn't mix them."""
    items = [item(model, Kind.PARTIAL, seed, language="fr") for seed in range(3)]
    alone = [model.transcribe([one])[0].text for one in items]
    assert [heard.text for heard in model.transcribe(items)] == alone


def test_a_shorter_window_in_a_batch_is_filled_with_silence(model: WhisperModel) -> None:
    """Near windows share a batch: the shorter becomes what the longer would be."""
    samples = np.random.default_rng(0).normal(0, 0.1, 24_000).astype(np.float32)
    short, long = (
        model.prepare(Sound.whole(samples), window_sec=sec, kind=Kind.PARTIAL) for sec in (2.5, 3.0)
    )
    mels = stacked([short, long])
    assert mels.shape == (2, 80, 300)
    np.testing.assert_array_equal(mels[0], mels[1])


def test_final_words_have_times_inside_the_audio(model: WhisperModel) -> None:
    """Words of finals are in order, inside the audio, with a probability; partials have none."""
    (heard,) = model.transcribe([item(model, language="en")])
    assert heard.words
    assert "".join(w.text for w in heard.words).replace(" ", "") == heard.text.replace(" ", "")
    for word in heard.words:
        assert 0 <= word.start_sec <= word.end_sec <= 1.5
        assert 0 <= word.probability <= 1
    assert model.transcribe([item(model, Kind.PARTIAL)])[0].words == ()


def test_a_loop_ends_with_the_audio(model: WhisperModel) -> None:
    """A decoder that never stops is stopped by the audio's length."""
    (heard,) = model.transcribe([item(model, Kind.PARTIAL, language="en")])
    assert len(heard.text.encode()) <= 3 * (1.5 * 12 + 12)


def test_a_prompt_is_text_before(model: WhisperModel) -> None:
    """A prompt's tokens begin with their mark; none for an empty prompt; long ones are cut."""
    assert model.prompt_tokens("  ") == ()
    assert len(model.prompt_tokens("bonjour " * 99)) == 101
    assert {len(model.prompt_tokens("bonjour " * n)) for n in range(1, 60)} == {26, 51, 101}
    prompt = model.prompt_tokens("bonjour")
    model.transcribe([item(model, prompt=prompt), item(model, seed=1, prompt=prompt)])


class Spy:
    """The model, and what its decoder was told."""

    def __init__(self, model: object) -> None:
        self._model = model
        self.told: list[dict[str, object]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._model, name)

    def generate(self, *given: object, **told: object) -> object:
        self.told.append({**told, "items": len(given[1])})
        return self._model.generate(*given, **told)


def widths(spy: Spy) -> list[tuple[object, int]]:
    """Of the cold searches: the beam, and how many items went together."""
    cold = [told for told in spy.told if "sampling_temperature" not in told]
    return [(told["beam_size"], told["items"]) for told in cold]


@pytest.mark.parametrize(
    ("below", "searches"),
    [(0.0, [(1, 6)]), (0.99, [(1, 6), (2, 4), (2, 2)]), (1.0, [(2, 6)])],
)
def test_a_final_unsure_of_a_word_is_searched_wider(
    model: WhisperModel, monkeypatch: pytest.MonkeyPatch, below: float, searches: list[object]
) -> None:
    """Sure finals are searched once, unsure ones again by a few; a limit of 1 widens the first."""
    spy = Spy(model._model)
    monkeypatch.setattr(model, "_model", spy)
    monkeypatch.setattr(model, "_search", Search(spy, model._tokens))
    monkeypatch.setattr(model, "_beam_below", below)
    heard = model.transcribe([item(model, seed=seed, language="en") for seed in range(6)])
    assert widths(spy) == searches
    for one in heard:
        spoken = "".join(word.text for word in one.words)
        assert spoken.replace(" ", "") == one.text.replace(" ", "")


def test_a_hurried_final_is_searched_once(
    model: WhisperModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However unsure it is."""
    spy = Spy(model._model)
    monkeypatch.setattr(model, "_model", spy)
    monkeypatch.setattr(model, "_search", Search(spy, model._tokens))
    monkeypatch.setattr(model, "_beam_below", 0.99)
    model.transcribe([replace(item(model, language="en"), wide=False)])
    assert widths(spy) == [(1, 1)]


def test_only_the_unsure_final_of_a_batch_is_searched_again(
    model: WhisperModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text and words become the wide search's; those of the others stay."""
    batch = [item(model, seed=seed, language="en") for seed in range(4)]
    monkeypatch.setattr(model, "_retry", lambda *_: [])
    monkeypatch.setattr(model, "_beam_below", 0.0)
    narrow = model.transcribe(batch)
    monkeypatch.setattr(model, "_beam_below", 1.0)
    wide = model.transcribe(batch)
    least = sorted(min(word.probability for word in one.words) for one in narrow)
    monkeypatch.setattr(model, "_beam_below", (least[0] + least[1]) / 2)
    unsure = min(range(4), key=lambda at: min(w.probability for w in narrow[at].words))
    heard = model.transcribe(batch)
    for at in range(4):
        of = wide if at == unsure else narrow
        assert (heard[at].text, heard[at].words) == (of[at].text, of[at].words)
    assert wide[unsure].text != narrow[unsure].text


def test_a_temperature_samples(model: WhisperModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch with a temperature is sampled at it, and searched no wider; without one, by beams."""
    spy = Spy(model._model)
    monkeypatch.setattr(model, "_model", spy)
    monkeypatch.setattr(model, "_search", Search(spy, model._tokens))
    for temperature in (0.0, 0.7):
        (heard,) = model.transcribe([item(model, language="fr", temperature=temperature)])
        assert heard.words
    # A poor text is decoded again, so only the first and the last are sure.
    cold, hot = spy.told[0], spy.told[-1]
    assert (cold["beam_size"], "sampling_temperature" in cold) == (1, False)
    assert (hot["beam_size"], hot["sampling_temperature"]) == (1, 0.7)


def test_a_detected_language_comes_with_what_the_sound_says_of_it(model: WhisperModel) -> None:
    """None where it was given; a prior can turn the choice, not the evidence."""
    heard = model.transcribe(
        [
            item(model, language="fr"),
            item(model, seed=1),
            item(model, seed=1, language_prior=(1.0, 0.0)),
            item(model, seed=1, language_prior=(0.0, 1.0)),
        ]
    )
    assert heard[0].language_probability is None
    assert [one.language for one in heard[2:]] == ["fr", "en"]
    french, english = (one.language_probability for one in heard[2:])
    assert french is not None
    assert english is not None
    assert french + english == pytest.approx(1.0, abs=1e-3)
    assert heard[1].language_probability == pytest.approx(max(french, english), abs=1e-3)


def test_translating_is_another_mark_of_the_prompt(model: WhisperModel) -> None:
    """Both tasks may be in one batch: the prompts are of one length."""
    tasks = [item(model, language="fr"), item(model, language="fr", task=Task.TRANSLATE)]
    transcribe, translate = (model._tokens.start("fr", one.task) for one in tasks)
    assert len(transcribe) == len(translate)
    assert transcribe != translate
    assert len(model.transcribe(tasks)) == 2
