"""What is taken for digital silence never holds speech, however quiet somebody is."""

from __future__ import annotations

import numpy as np
import pytest

from greffier.bench.speech import from_meeting
from models.base import SAMPLE_RATE, Samples
from models.vad import SILENCE, shared_model
from pipelines.settings import CaptionSettings
from pipelines.speech.hearing import Steps, hear_together
from pipelines.speech.segmenter import Segmenter
from pipelines.speech.utterance import SpeechEnded

FRAME = 800
NEAR_SAMPLES = 512
"""One window."""


def tracks(gain_db: float, noise_steps: float) -> list[Samples]:
    """Half a minute of each voice of the demo meeting, as 16 bits, with some noise."""
    random = np.random.default_rng(1)
    spoken: dict[str, list[Samples]] = {}
    for utterance in from_meeting():
        pause = np.zeros(round(random.uniform(0.7, 1.5) * SAMPLE_RATE), np.float32)
        spoken.setdefault(utterance.voice, []).extend((pause, utterance.samples))
    made: list[Samples] = []
    for parts in spoken.values():
        sound = np.concatenate(parts)[: 30 * SAMPLE_RATE] * 10 ** (gain_db / 20) * 32768
        sound += random.normal(0, noise_steps, len(sound))
        made.append((np.round(sound) / 32768).astype(np.float32))
    return made


def utterances(sounds: list[Samples]) -> list[list[tuple[int, int]]]:
    """Where speech was found in each."""
    found: list[list[tuple[int, int]]] = [[] for _ in sounds]
    segmenters = [Segmenter(shared_model().detector(), CaptionSettings()) for _ in sounds]

    def steps(number: int, at: int) -> Steps[None]:
        events = yield from segmenters[number].steps(sounds[number][at : at + FRAME], at)
        for event in events:
            if isinstance(event, SpeechEnded):
                one = event.utterance
                found[number].append((one.speech_start_sample, one.speech_end_sample))

    for at in range(0, max(map(len, sounds)), FRAME):
        running = [steps(number, at) for number in range(len(sounds))]
        assert hear_together(running, shared_model().probabilities) == [None] * len(running)
    return found


@pytest.mark.parametrize(("gain_db", "noise_steps"), [(-30, 0.4), (-40, 2.0)])
def test_quiet_speech_is_found_to_the_window_as_if_nothing_were_taken_for_silence(
    gain_db: float, noise_steps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the least noise that 16 bits hold in the pauses, and with as much as may be silence."""
    sounds = tracks(gain_db, noise_steps)
    assert any(max(abs(one[:8000])) < SILENCE for one in sounds), "there is silence to be taken"
    silence_skipped = utterances(sounds)
    monkeypatch.setattr("models.vad.SILENCE", 0.0)
    all_heard = utterances(sounds)
    assert sum(map(len, all_heard)) >= 15
    for skipped, heard in zip(silence_skipped, all_heard, strict=True):
        assert len(skipped) == len(heard)
        for one, other in zip(skipped, heard, strict=True):
            assert max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= NEAR_SAMPLES
