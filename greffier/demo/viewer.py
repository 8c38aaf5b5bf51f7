"""A caption-only participant: what a reader in the room gets, and when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit import rtc

_CAPTIONS = "lk.transcription"
_MINUTES = "greffier.minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """One update as it arrived; `moment` is loop time, `stable` counts characters."""

    moment: float
    segment_id: str
    identity: str
    text: str
    stable: int
    final: bool
    start_ms: int
    end_ms: int
    gap: str
    dropped: bool


class Viewer:
    """Collects every caption update; tells `on_caption` as they come."""

    def __init__(self, on_caption: Callable[[Caption], None]) -> None:
        self.captions: list[Caption] = []
        self.minutes: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._on_caption = on_caption
        self._room = rtc.Room()
        self._reading: set[asyncio.Task[None]] = set()

    async def join(self, server_url: str, token: str) -> None:
        """Enter the room; captions are collected from here on."""
        self._room.register_text_stream_handler(_CAPTIONS, self._stream)
        self._room.on("data_received", self._data)
        await self._room.connect(server_url, token, rtc.RoomOptions(auto_subscribe=False))

    @property
    def people(self) -> list[str]:
        """Identities that this participant's list shows."""
        return sorted(self._room.remote_participants)

    async def told(self) -> None:
        """Return once the room's metadata says that it is transcribed: the notice is out."""
        changed = asyncio.Event()
        self._room.on("room_metadata_changed", lambda *_: changed.set())
        while _transcription(self._room.metadata) != "on":
            await changed.wait()
            changed.clear()

    async def leave(self) -> None:
        """Hang up."""
        await self._room.disconnect()

    def _stream(self, reader: rtc.TextStreamReader, identity: str) -> None:
        task = asyncio.create_task(self._read(reader, identity))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, reader: rtc.TextStreamReader, identity: str) -> None:
        text = await reader.read_all()
        said = reader.info.attributes or {}
        caption = Caption(
            moment=asyncio.get_running_loop().time(),
            segment_id=said["lk.segment_id"],
            identity=identity,
            text=text,
            stable=int(said.get("greffier.stable", len(text))),
            final=said.get("lk.transcription_final") == "true",
            start_ms=int(said.get("greffier.start_ms", 0)),
            end_ms=int(said.get("greffier.end_ms", 0)),
            gap=said.get("greffier.gap", ""),
            dropped=said.get("greffier.dropped") == "true",
        )
        self.captions.append(caption)
        self._on_caption(caption)

    def _data(self, packet: rtc.DataPacket) -> None:
        if packet.topic == _MINUTES and not self.minutes.done():
            self.minutes.set_result(json.loads(packet.data))


def _transcription(metadata: str | None) -> str:
    state = json.loads(metadata or "{}").get("greffier", {})
    return str(state.get("transcription", "off"))
