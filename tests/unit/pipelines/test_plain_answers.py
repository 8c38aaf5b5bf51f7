"""Single words of the demo meeting's voices, through voice detector, model and guards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from greffier.bench.speech import from_meeting
from models.base import SAMPLE_RATE, Samples
from models.vad import shared_model
from pipelines.captions import TrackCaptions
from pipelines.events import Segment, Speaker
from pipelines.settings import CaptionSettings
from tests.unit.demo_model import InProcess, demo_model
from tests.unit.pipelines.track import Shown

PLAIN = ("Oui", "Yes", "Merci", "Non", "Okay", "D'accord", "Bonjour", "Hello")


@pytest.fixture(scope="module")
def model() -> Iterator[InProcess]:
    with demo_model() as model:
        yield model


def word(text: str) -> Samples:
    """The first time that somebody of the demo meeting says it, alone between two silences."""
    for utterance in from_meeting():
        for one in utterance.words:
            if one.text.strip(",.?!") == text:
                said = utterance.samples[
                    max(round((one.start_sec - 0.01) * SAMPLE_RATE), 0) : round(
                        (one.end_sec + 0.01) * SAMPLE_RATE
                    )
                ].copy()
                ramp = np.linspace(0, 1, 160, dtype=np.float32)
                said[:160] *= ramp
                said[-160:] *= ramp[::-1]
                return said
    raise KeyError(text)


@pytest.mark.parametrize("gain", [1.0, 0.1])
async def test_a_plain_answer_is_a_caption(model: InProcess, gain: float) -> None:
    """Each is written, loud and at −20 dB, in its own language."""
    rng = np.random.default_rng(1)
    for said in PLAIN:
        sink = Shown()
        captions = TrackCaptions(
            meeting_id="m",
            speaker=Speaker(identity="a", name="A", track_sid="T"),
            detector=shared_model().detector(),
            recogniser=model,
            sink=sink,
            settings=CaptionSettings(),
        )
        pause = np.zeros(SAMPLE_RATE, dtype=np.float32)
        audio = np.concatenate([pause, gain * word(said), pause])
        audio += rng.normal(0, 1e-4, len(audio)).astype(np.float32)  # a microphone's own noise
        await captions.feed(audio, 0)
        await captions.finish()
        await captions.drain()
        finals = sink.of(Segment)
        assert [segment.text.startswith(said) for segment in finals] == [True]
        assert finals[0].language == ("en" if said in ("Yes", "Okay", "Hello") else "fr")
