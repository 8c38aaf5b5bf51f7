"""The demo meeting where each hears the others by loudspeaker, played through the real pipeline."""

from __future__ import annotations

import asyncio
import json

import numpy as np

from greffier.bench.speech import _sound
from greffier.demo.script import FOLDER
from models.base import SAMPLE_RATE, Pressure, Samples
from models.vad import shared_model
from pipelines.captions import TrackCaptions
from pipelines.echo.meeting_echo import PATIENCE_SEC, MeetingEcho
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.settings import CaptionSettings
from tests.unit.demo_model import InProcess

FRAME = 800
SLOWER = 3
SCRIPT = json.loads((FOLDER / "script.json").read_text("utf-8"))


class Sink:
    def __init__(self) -> None:
        self.finals: list[Segment] = []
        self.partials: list[PartialCaption] = []
        self.dropped_ids: list[str] = []

    async def partial(self, caption: PartialCaption) -> None:
        self.partials.append(caption)

    async def final(self, segment: Segment, pressure: Pressure = Pressure.NONE) -> None:
        self.finals.append(segment)

    async def dropped(self, caption: DroppedCaption) -> None:
        self.dropped_ids.append(caption.utterance_id)

    async def gap(self, gap: Gap) -> None:
        raise AssertionError(gap)


def tracks(first_sec: float, end_sec: float) -> dict[str, Samples]:
    """A stretch of the meeting, by identity."""
    span = slice(round(first_sec * SAMPLE_RATE), round(end_sec * SAMPLE_RATE))
    return {who: _sound(FOLDER / f"{who}.flac")[span] for who in sorted(identities())}


def identities() -> set[str]:
    return {turn["identity"] for turn in SCRIPT}


def leaked(
    voice: Samples, level_db: float, delay_sec: float = 0.18, fade_samples: int = 400
) -> Samples:
    """As another's microphone hears it: later, weaker, coloured by a room that fades so slowly."""
    count = round(4.8 * fade_samples)
    rng = np.random.default_rng(0)
    room = rng.normal(size=count) * np.exp(-np.arange(count) / fade_samples) * 0.12
    room[0] = 1.0
    room *= 10 ** (level_db / 20) / np.sqrt(np.square(room).sum())
    size = 1 << (len(voice) + len(room)).bit_length()
    echo = np.fft.irfft(np.fft.rfft(voice, size) * np.fft.rfft(room, size), size)
    delay = round(delay_sec * SAMPLE_RATE)
    heard = np.zeros(len(voice), dtype=np.float32)
    heard[delay:] = echo[: len(voice) - delay]
    return heard


def leaky(
    sent: dict[str, Samples], level_db: float, delay_sec: float = 0.18, fade_samples: int = 400
) -> dict[str, Samples]:
    """Each track with the others in it, over a little noise."""
    rng = np.random.default_rng(0)
    heard = {}
    for who, own in sent.items():
        sound = own + rng.normal(0, 10 ** (-66 / 20), len(own))
        for other, voice in sent.items():
            if other != who:
                sound += leaked(voice, level_db, delay_sec, fade_samples)
        heard[who] = np.clip(sound, -1, 1).astype(np.float32)
    return heard


async def play(model: InProcess, heard: dict[str, Samples]) -> dict[str, Sink]:
    """All tracks frame by frame, the model keeping up."""
    echo = MeetingEcho(patience_sec=PATIENCE_SEC * SLOWER)
    sinks = {who: Sink() for who in heard}
    captions = {
        who: TrackCaptions(
            meeting_id="m",
            speaker=Speaker(identity=who, name=who, track_sid=who),
            detector=shared_model().detector(),
            recogniser=model,
            sink=sinks[who],
            settings=CaptionSettings(),
            echo=echo.track(who),
        )
        for who in heard
    }
    for at in range(0, len(next(iter(heard.values()))), FRAME):
        for who, one in captions.items():
            await one.feed(heard[who][at : at + FRAME], at)
        await asyncio.sleep(0)
        busy = [one for one in captions.values() if one.outstanding_finals]
        # While the model works, or an echo waits for more to be heard, the meeting is slow.
        if busy:
            await asyncio.wait(
                {asyncio.ensure_future(one.drain()) for one in busy},
                timeout=SLOWER * FRAME / SAMPLE_RATE,
            )
    for one in captions.values():
        await one.finish()
    for one in captions.values():
        await one.drain()
    return sinks


def outside_own_turns(sinks: dict[str, Sink], first_sec: float) -> list[Segment]:
    """Finals of somebody who did not speak then: each is another's words twice."""
    return [
        final
        for who, sink in sinks.items()
        for final in sink.finals
        if not any(
            turn["identity"] == who
            and turn["start_sec"] - first_sec < final.end_ms / 1000 - 0.1
            and turn["end_sec"] - first_sec > final.start_ms / 1000 + 0.1
            for turn in SCRIPT
        )
    ]
