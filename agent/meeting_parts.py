"""What a meeting is joined from, and why it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from livekit import rtc

from agent.audio_stream import OpenStream
from agent.room_captions import RoomCaptions
from agent.room_notice import Notice
from models.base import Detect, Recogniser, VoiceDetector
from pipelines.settings import CaptionSettings
from pipelines.translation.translated_finals import TranslatedFinals
from storage.line import Lease
from storage.record import Record


class Ending(StrEnum):
    """Why this agent stopped."""

    STOPPED = "stopped"
    ENDED = "ended"
    ROOM_CLOSED = "room closed"
    LEASE_LOST = "lease lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a meeting is joined from. `now` is Unix time in seconds; `sleep` is between ticks."""

    room: rtc.Room
    record: Record
    lease: Lease
    lease_sec: float
    notice: Notice
    captions: RoomCaptions
    open_stream: OpenStream
    recogniser: Recogniser
    detector: Callable[[], VoiceDetector]
    detect: Detect
    settings: CaptionSettings
    room_exists: Callable[[], Awaitable[bool]]
    translations: TranslatedFinals | None = None
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
