"""The systems that are measured, by the names the command knows them by."""

from __future__ import annotations

from collections.abc import Callable

from greffier.bench.systems.base import Place, System
from greffier.bench.systems.greffier import GreffierSystem
from greffier.bench.systems.plain import PlainSystem
from greffier.bench.systems.whisper_live import WhisperLiveSystem
from greffier.bench.systems.whisperlivekit import WhisperLiveKitSystem

SYSTEMS: dict[str, Callable[[Place], System]] = {
    "greffier": GreffierSystem,
    "plain": PlainSystem,
    "whisper-live": lambda place: WhisperLiveSystem(place, batched=False),
    "whisper-live-batched": lambda place: WhisperLiveSystem(place, batched=True),
    "whisperlivekit": WhisperLiveKitSystem,
}
