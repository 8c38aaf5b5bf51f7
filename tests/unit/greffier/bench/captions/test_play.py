"""A meeting played through the pipeline: what its tracks must know of each other, they know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from greffier.bench.captions.clips import load_clips
from greffier.bench.captions.meeting import SaidMeeting, SaidTrack
from greffier.bench.captions.play import play
from models.base import SAMPLE_RATE, RecognitionRequest, Samples
from models.settings import AsrSettings
from models.whisper.item import Transcript
from pipelines.settings import CaptionSettings

LAG_SAMPLES = round(0.12 * SAMPLE_RATE)


class Decoder:
    """Hears the same words in everything."""

    def window_sec(self, request: RecognitionRequest) -> float:
        return 5.0

    def prompt(self, request: RecognitionRequest) -> tuple[int, ...]:
        return ()

    def decode(self, requests: Sequence[RecognitionRequest]) -> list[Transcript]:
        return [Transcript(text="Bonjour à tous", language="fr") for _ in requests]


def track(identity: str, samples: Samples) -> SaidTrack:
    return SaidTrack(identity=identity, samples=samples, lines=())


async def test_one_speakers_voice_in_anothers_microphone_is_no_line_of_theirs() -> None:
    """As in a room: the tracks of a meeting share one judge of echo."""
    spoken = load_clips()[0].samples
    voice = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), spoken, np.zeros(2 * SAMPLE_RATE)])
    noise = np.random.default_rng(1).normal(0, 1e-4, len(voice))
    leaked = noise + 10 ** (-14 / 20) * np.roll(voice, LAG_SAMPLES)
    meeting = SaidMeeting(
        name="m",
        kind="leaky",
        languages=("fr",),
        tracks=(
            track("speaker", voice.astype(np.float32)),
            track("listener", leaked.astype(np.float32)),
        ),
    )
    played = await play(
        meeting,
        Decoder(),  # type: ignore[arg-type]
        captions=CaptionSettings(),
        asr=AsrSettings(),
        accounted=False,
    )
    speaker, listener = (one.segments for one in played.tracks)
    assert speaker
    assert not listener
