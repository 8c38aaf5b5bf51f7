"""What each server says, read as committed text and text that may change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from greffier.bench.command import ALL
from greffier.bench.systems import SYSTEMS, whisper_live, whisperlivekit
from greffier.bench.systems.stream import Stream, as_float32, as_int16


def stream() -> Stream:
    return Stream(encode=as_int16, read=lambda _: None, end=None)


class Seen(list[tuple[str, str]]):
    """Collects what is on show."""

    def show(self, committed: str, tail: str) -> None:
        self.append((committed, tail))


def segment(start: str, text: str, *, completed: bool) -> dict[str, Any]:
    return {"start": start, "end": "9", "text": text, "completed": completed}


async def test_whisper_live_collects_completed_segments() -> None:
    """It sends the last few again and again; each counts once."""
    seen = Seen()
    reader = whisper_live.Reader(seen.show)
    reader.stream = stream()
    reader.read({"message": "SERVER_READY"})
    assert reader.stream.greeted.is_set()
    reader.read({"segments": [segment("0.0", " Hello", completed=False)]})
    first = segment("0.0", " Hello you.", completed=True)
    reader.read({"segments": [first, segment("2.0", " How", completed=False)]})
    reader.read({"segments": [first, segment("2.0", " How are you?", completed=True)]})
    reader.read({"segments": [segment("2.0", " How are you?", completed=True)]})
    assert seen == [
        ("", "Hello"),
        ("Hello you.", "How"),
        ("Hello you. How are you?", ""),
        ("Hello you. How are you?", ""),
    ]


async def test_whisper_live_may_turn_a_track_away() -> None:
    reader = whisper_live.Reader(Seen().show)
    reader.stream = stream()
    reader.read({"status": "WAIT", "message": 1.0})
    assert reader.stream.over.is_set()


async def test_whisperlivekit_sends_all_lines_and_a_buffer() -> None:
    """Pauses are lines of a speaker of their own, and have no text."""
    seen = Seen()
    reader = whisperlivekit.Reader(seen.show)
    reader.stream = stream()
    reader.read({"type": "config", "useAudioWorklet": True})
    assert reader.stream.greeted.is_set()
    lines = [{"speaker": -2, "text": None}, {"speaker": 1, "text": "Hello you."}]
    reader.read({"lines": lines, "buffer_transcription": "How are"})
    assert seen == [("Hello you.", "How are")]
    assert not reader.stream.over.is_set()
    reader.read({"type": "ready_to_stop"})
    assert reader.stream.over.is_set()


def test_samples_survive_the_way_out() -> None:
    """Little-endian, and never wrapped around."""
    samples = np.array([0.0, 0.5, -1.0, 1.5], dtype=np.float32)
    assert np.frombuffer(as_float32(samples), "<f4").tolist() == samples.tolist()
    assert np.frombuffer(as_int16(samples), "<i2").tolist() == [0, 16383, -32767, 32767]


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_default_run_has_them_all(name: str) -> None:
    assert name in ALL.split(",")
