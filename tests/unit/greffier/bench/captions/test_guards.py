from __future__ import annotations

import numpy as np
import pytest

from greffier.bench.captions.guards import GuardRow, GuardTable, guard_table
from greffier.bench.speech import Utterance
from models.base import SAMPLE_RATE, Recognition, RecognitionRequest
from models.fakes import LoudnessDetector, ScriptedRecogniser
from pipelines.guards import ALL_LAYERS
from pipelines.settings import CaptionSettings

SPOKEN = np.sin(np.arange(2 * SAMPLE_RATE) / 8).astype(np.float32)
LOUDEST_NOISE = 0.95


def invents(request: RecognitionRequest) -> Recognition:
    """Two sure words for the tone that stands for speech, else three unsure ones."""
    said = float(np.abs(request.samples).max()) > LOUDEST_NOISE
    return Recognition(
        utterance_id=request.utterance_id,
        kind=request.kind,
        text="deux mots" if said else "trois mots inventés",
        language="fr",
        avg_logprob=-0.1 if said else -2.0,
        no_speech_prob=0.0 if said else 0.9,
    )


async def table(**more: float) -> GuardTable:
    utterance = Utterance(voice="a", language="fr", text="deux mots", words=(), samples=SPOKEN)
    return await guard_table(
        ScriptedRecogniser(invents),
        detector=lambda: LoudnessDetector(threshold=0.05),
        settings=CaptionSettings(),
        speech=[utterance],
        seconds=60,
        **more,
    )


def row(made: GuardTable, name: str, *, detector: bool) -> GuardRow:
    return next(one for one in made.rows if (one.name, one.voice_detector) == (name, detector))


async def test_a_row_for_each_guard_on_and_off() -> None:
    """With and without a voice detector: none, each alone, each left out, all."""
    made = await table(seed=1)
    assert len(made.rows) == 2 * (2 + 2 * len(ALL_LAYERS))
    assert made.shipped == row(made, "all guards", detector=True)


async def test_a_guard_is_credited_with_what_it_drops_and_charged_with_what_it_loses() -> None:
    """The silence guard catches what this model invents, and leaves what was said."""
    made = await table(seed=1)
    bare = row(made, "no guard", detector=False)
    assert bare.hallucinated_words == 3 * bare.captions > 0
    assert bare.hallucinated_words_an_hour == pytest.approx(bare.hallucinated_words * 60)
    assert row(made, "only silence", detector=False).hallucinated_words == 0
    assert row(made, "all but silence", detector=False).hallucinated_words > 0
    assert row(made, "only phantom", detector=False).hallucinated_words == bare.hallucinated_words
    assert {one.lost_words for one in made.rows} == {0}
    assert {one.spoken_words for one in made.rows} == {2}
    assert made.kinds == {}
