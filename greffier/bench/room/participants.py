"""A process full of participants: `python -m greffier.bench.room.participants`.

By lines of JSON: reads who to be, says `{"joined": n}`; reads the moment to begin, speaks, says
when which second of each track left; leaves at the end of its input. Moments are those of the
machine's monotonic clock, which its processes share.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from models.base import SAMPLE_RATE

FRAME_SAMPLES = SAMPLE_RATE // 25
"""40 ms: each frame is a call into the SDK, and all participants share two cores."""
QUEUE_MS = 200
JOIN_TRIES = 4
NOISE_SEC = 0.25
NOISE = 33
"""RMS in steps of 16 bits, -60 dB: a quiet room behind an open microphone."""


class Manner(StrEnum):
    """What a participant's microphone does. OPEN sends digital silence, NOISY a quiet room."""

    SPEAKING = "speaking"
    OPEN = "open"
    NOISY = "noisy"
    MUTED = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One participant; `sound` is an .npy file of int16 samples at 16 kHz, for who speaks."""

    identity: str
    token: str
    manner: Manner
    sound: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """When the track left: pairs of (track second, moment); `late_sec` of each frame."""

    identity: str
    seconds: Sequence[float]
    moments: Sequence[float]
    late_sec: Sequence[float]

    def moment(self, sample: int) -> float:
        """The moment at which a sample had left."""
        return float(np.interp(sample / SAMPLE_RATE, self.seconds, self.moments))


def order(url: str, people: Sequence[Person]) -> str:
    """The line that says who to be."""
    return json.dumps({"url": url, "people": [asdict(person) for person in people]})


class Participant:
    """One of them, in the room."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._room = rtc.Room()
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=round(NOISE_SEC * 4000))

    async def join(self, url: str) -> None:
        """Enter and publish the microphone; the SDK's source sends silence by itself."""
        for left in reversed(range(JOIN_TRIES)):
            try:
                await self._room.connect(
                    url, self._person.token, rtc.RoomOptions(auto_subscribe=False)
                )
                break
            except rtc.ConnectError:
                # A machine that is full misses the SDK's own deadline now and then.
                if not left:
                    raise
                self._room = rtc.Room()
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        if self._person.manner is Manner.MUTED:
            track.mute()
        # As browsers do: discontinuous transmission, each packet repeated with the next.
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=True, red=True
        )
        await self._room.local_participant.publish_track(track, options)

    async def hum(self) -> None:
        """Send the noise of a quiet room until cancelled."""
        random = np.random.default_rng(sum(self._person.identity.encode()))
        size = round(NOISE_SEC * SAMPLE_RATE)
        due = time.monotonic()
        while True:
            await self._send(random.normal(0, NOISE, size).astype(np.int16))
            due += NOISE_SEC
            await asyncio.sleep(due - time.monotonic())

    async def speak(self, start: float) -> Sent:
        """Play the track; its first sample is due at the moment `start`."""
        samples = np.load(Path(self._person.sound))
        seconds: list[float] = []
        moments: list[float] = []
        late: list[float] = []
        for begin in range(0, len(samples), FRAME_SAMPLES):
            second = begin / SAMPLE_RATE
            await asyncio.sleep(start + second - time.monotonic())
            late.append(max(time.monotonic() - start - second, 0.0))
            seconds.append(second)
            moments.append(time.monotonic() + min(self._source.queued_duration, QUEUE_MS / 1000))
            await self._send(samples[begin : begin + FRAME_SAMPLES])
        return Sent(identity=self._person.identity, seconds=seconds, moments=moments, late_sec=late)

    async def leave(self) -> None:
        """Hang up."""
        await self._room.disconnect()

    async def _send(self, samples: NDArray[np.int16]) -> None:
        frame = rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, len(samples))
        await self._source.capture_frame(frame)


async def main() -> None:
    """What the process does."""
    asked = json.loads(await _line())
    people = [Person(**{**one, "manner": Manner(one["manner"])}) for one in asked["people"]]
    here = [Participant(person) for person in people]
    for one in here:
        await one.join(asked["url"])
    humming = [
        asyncio.create_task(one.hum())
        for one, person in zip(here, people, strict=True)
        if person.manner is Manner.NOISY
    ]
    _say({"joined": len(here)})
    if start := await _line():
        speaking = [
            one.speak(json.loads(start)["start"])
            for one, person in zip(here, people, strict=True)
            if person.manner is Manner.SPEAKING
        ]
        _say({"sent": [asdict(sent) for sent in await asyncio.gather(*speaking)]})
        await _line()
    for task in humming:
        task.cancel()
    await asyncio.gather(*(one.leave() for one in here), *humming, return_exceptions=True)


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _say(values: dict[str, object]) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
