"""One speaker changes language in mid-meeting, twice: the demo model hears it, and how soon."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from greffier.bench.captions.clips import Clip, load_clips
from models.base import SAMPLE_RATE
from models.vad import shared_model
from pipelines.captions import TrackCaptions
from pipelines.events import Segment, Speaker
from pipelines.settings import CaptionSettings
from tests.unit.demo_model import InProcess, demo_model
from tests.unit.pipelines.track import Shown

SENTENCES = 4
VOICES = ("agnes", "gaelle")
"""Two of the set's eight. Of all eight (16 changes, 96 utterances) each change was heard in its
first utterance, and one utterance, in mid-French, was taken for English."""


@pytest.fixture(scope="module")
def model() -> Iterator[InProcess]:
    with demo_model() as model:
        yield model


def said(voice: str) -> list[Clip]:
    """Four sentences in French, four in English, four more in French."""
    own = [one for one in load_clips() if one.voice == voice and not one.backchannel]
    french, english = ([one for one in own if one.language == code] for code in ("fr", "en"))
    return [*french[:SENTENCES], *english[:SENTENCES], *french[SENTENCES : 2 * SENTENCES]]


@pytest.mark.slow
@pytest.mark.parametrize("voice", VOICES)
async def test_a_change_of_language_is_followed_within_two_utterances(
    model: InProcess, voice: str
) -> None:
    """The first or the second after a change is in the new language."""
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
    at = 0
    heard: list[tuple[str, list[str]]] = []
    for clip in said(voice):
        before = len(sink.of(Segment))
        for samples in (clip.samples, pause):
            await captions.feed(samples, at)
            at += len(samples)
        await captions.drain()  # as at the pace of speech: the next is judged by this one
        new = sink.of(Segment)[before:]
        heard.append((clip.language, [segment.language for segment in new]))
    await captions.finish()
    await captions.drain()
    wrong = [number for number, (spoken, found) in enumerate(heard) if set(found) != {spoken}]
    for change in (SENTENCES, 2 * SENTENCES):
        assert not {change, change + 1} <= set(wrong)
    assert len(wrong) <= 1, "a change is no reason to hear the rest of it worse"
