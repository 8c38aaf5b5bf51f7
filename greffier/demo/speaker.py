"""A virtual participant: joins as anyone would, and publishes its track over WebRTC."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx
import numpy as np
from livekit import rtc

from greffier.demo.script import PUBLISH_RATE, Role

_FRAME = PUBLISH_RATE // 50  # 20 ms
_QUEUE_MS = 200  # small, so that the moment a sample leaves is known; big enough for a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """The token service's answer."""

    server_url: str
    token: str
    identity: str


async def ask_token(
    client: httpx.AsyncClient, *, room: str, name: str, identity: str, mode: str
) -> Pass:
    """Join through the token service. Raises httpx.HTTPStatusError when it refuses."""
    body = {
        "room_name": room,
        "participant_name": name,
        "participant_identity": identity,
        "mode": mode,
    }
    answer = (await client.post("/api/token", json=body)).raise_for_status().json()
    return Pass(
        server_url=answer["server_url"],
        token=answer["participant_token"],
        identity=answer.get("participant_identity", identity),
    )


@dataclass(slots=True)
class SentLog:
    """When each part of a track left: pairs of (track second, loop time), in order."""

    seconds: list[float] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    def moment(self, second: float) -> float:
        """Loop time at which the sample at `second` of the track was sent."""
        return float(np.interp(second, self.seconds, self.moments))


class Speaker:
    """One role in the room."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.sent = SentLog()
        self.token = ""
        self._room = rtc.Room()
        self._source = rtc.AudioSource(PUBLISH_RATE, 1, queue_size_ms=_QUEUE_MS)

    async def join(self, client: httpx.AsyncClient, room: str) -> None:
        """Enter and publish the (still silent) microphone."""
        ticket = await ask_token(
            client, room=room, name=self.role.name, identity=self.role.identity, mode="speak"
        )
        self.token = ticket.token
        await self._room.connect(
            ticket.server_url, ticket.token, rtc.RoomOptions(auto_subscribe=False)
        )
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self._room.local_participant.publish_track(track, options)

    async def speak(self, start: float) -> None:
        """Play the whole track; its first sample is due at loop time `start`."""
        loop = asyncio.get_running_loop()
        samples = self.role.samples
        for begin in range(0, len(samples) - _FRAME + 1, _FRAME):
            second = begin / PUBLISH_RATE
            early = start + second - loop.time()
            if early > 0:
                await asyncio.sleep(early)
            self.sent.seconds.append(second)
            self.sent.moments.append(loop.time() + self._source.queued_duration)
            frame = rtc.AudioFrame(
                samples[begin : begin + _FRAME].tobytes(), PUBLISH_RATE, 1, _FRAME
            )
            await self._source.capture_frame(frame)
        await self._source.wait_for_playout()

    async def leave(self) -> None:
        """Hang up."""
        await self._room.disconnect()
        await self._source.aclose()
