"""Frames between the SDK's thread and the meeting's; and both kinds of stream, on the real SDK."""

import asyncio
import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto import audio_frame_pb2
from livekit.rtc._utils import Queue

from agent.audio_router import AudioRouter, open_streams
from agent.audio_stream import FRAME_MS, FRAME_SAMPLES, QUEUE_FRAMES, FrameQueue, PublicStream
from agent.settings import StreamKind
from tests.unit.agent.streams import frame

RATE = 48_000
FRAME_SEC = FRAME_MS / 1000


def test_frames_are_taken_once_and_in_order() -> None:
    queue = FrameQueue()
    queue.put(frame(1))
    queue.put(frame(2))
    taken = queue.take()
    assert taken.frames == (frame(1), frame(2))
    assert taken.dropped == 0
    assert queue.take().frames == ()


def test_a_full_queue_drops_its_oldest_and_says_once_how_many() -> None:
    queue = FrameQueue()
    for value in range(QUEUE_FRAMES + 3):
        queue.put(frame(value))
    taken = queue.take()
    assert taken.dropped == 3
    assert (taken.frames[0], len(taken.frames)) == (frame(3), QUEUE_FRAMES)
    assert queue.take().dropped == 0


def test_a_little_silence_rests_and_sound_or_the_end_does_not() -> None:
    queue = FrameQueue()
    for value in (0, 1, -1):
        queue.put(frame(value))
        assert queue.resting
    queue.put(frame(0))
    assert not queue.resting, "enough of it"
    assert queue.take().silent
    queue.put(frame(2))
    assert not queue.resting, "sound"
    assert not queue.take().silent
    queue.put(frame(0))
    assert queue.resting, "silence again"
    queue.end()
    assert not queue.resting


def test_the_end_is_told_with_the_last_frames() -> None:
    queue = FrameQueue()
    queue.put(frame())
    queue.end()
    taken = queue.take()
    assert taken.ended
    assert len(taken.frames) == 1


class Tone:
    """A track of this very process that sounds: the SDK needs no server for it."""

    def __init__(self) -> None:
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=1000)
        self.track = rtc.LocalAudioTrack.create_audio_track("tone", self._source)

    async def sound(self, sec: float = 0.4) -> None:
        """Put some of a tone out, a second at most, which the SDK then plays in real time."""
        wave = np.sin(np.arange(round(RATE * sec)) / RATE * 2 * np.pi * 440) * 10_000
        samples = wave.astype(np.int16)
        await self._source.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, len(samples)))


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_the_router_hears_what_the_sdks_own_stream_hears() -> None:
    """Real SDK: fails when an update changes what the router rests on."""
    tone, router = Tone(), AudioRouter()
    routed, public = router.open(tone.track), PublicStream(tone.track)
    heard: dict[str, list[bytes]] = {"routed": [], "public": []}

    def enough() -> bool:
        heard["routed"] += routed.take().frames
        heard["public"] += public.take().frames
        return all(sum(map(loud, frames)) >= 8 for frames in heard.values())

    await tone.sound()
    await until(enough)
    first, second = (b"".join(frames) for frames in heard.values())
    assert {len(one) for one in heard["routed"]} == {FRAME_SAMPLES * 2}
    assert FRAME_SAMPLES == FRAME_MS * 16
    tone_of = heard["routed"][[loud(one) for one in heard["routed"]].index(True) + 3]
    assert tone_of[-200:] in second, "the same sound, sample by sample"
    assert abs(len(first) - len(second)) <= FRAME_SAMPLES * 2 * 4
    routed.close()
    public.close()
    await until(lambda: routed.take().ended)
    router.close()


@pytest.mark.parametrize("kind", ["routed", "public"])
async def test_a_process_that_was_held_up_loses_no_frame_unsaid(
    kind: StreamKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real SDK: neither its thread nor our loop runs for a while, and no queue of it is full."""
    monkeypatch.setattr("agent.audio_stream.QUEUE_FRAMES", 4)
    tone = Tone()
    open_stream, close = open_streams(kind)
    stream = open_stream(tone.track)
    came: list[bytes] = []

    def begun() -> bool:
        came.extend(stream.take().frames)
        return any(map(loud, came))

    await tone.sound(0.9)
    await until(begun)
    # Unlike time.sleep, it keeps the lock that the SDK's thread needs for a frame.
    ctypes.PyDLL(None).usleep(600_000)
    dropped = 0
    for _ in range(60):
        taken = stream.take()
        came.extend(taken.frames)
        dropped += taken.dropped
        await asyncio.sleep(0.01)
    assert dropped > 0
    assert sum(map(loud, came)) + dropped == pytest.approx(0.9 / FRAME_SEC, abs=1)
    stream.close()
    await asyncio.sleep(0)
    close()


async def test_frames_reach_their_streams_and_nobody_who_waits_for_an_answer_of_the_sdk() -> None:
    tone, router = Tone(), AudioRouter()
    streams = [router.open(tone.track) for _ in range(20)]
    waiting = FfiClient.instance.queue.subscribe()
    await tone.sound()
    frames = [0] * 20

    def heard() -> bool:
        for number, stream in enumerate(streams):
            frames[number] += len(stream.take().frames)
        return min(frames) >= 4

    await until(heard)
    for stream in streams:
        stream.close()
    await until(lambda: not router._queues)
    router.close()
    came = messages(waiting)
    assert "capture_audio_frame" in came, "all else is handed round"
    assert "audio_stream_event" not in came
    FfiClient.instance.queue.unsubscribe(waiting)


async def test_a_stream_of_the_sdks_own_is_heard_beside_a_router_and_after_it() -> None:
    tone, router, inner = Tone(), AudioRouter(), AudioRouter()
    public = PublicStream(tone.track)
    await tone.sound()
    await until(lambda: any(map(loud, public.take().frames)))
    router.close()
    inner.close()
    await tone.sound()
    await until(lambda: any(map(loud, public.take().frames)))
    public.close()
    await asyncio.sleep(0)


async def test_another_sdk_is_heard_by_its_public_interface(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_stream, close = open_streams()
    assert open_stream is not PublicStream, "this SDK is known"
    close()
    assert open_streams("public")[0] is PublicStream, "and it may be wished for"
    monkeypatch.delattr(audio_frame_pb2, "AudioStreamType")
    assert open_streams()[0] is PublicStream


def messages(queue: Queue[Any]) -> set[str]:
    """What kinds of events are in a subscriber's queue; empties it."""
    return {queue.get_nowait().WhichOneof("message") for _ in range(queue.qsize())}


def loud(one: bytes) -> bool:
    return bool(np.abs(np.frombuffer(one, np.int16)).max() > 1000)
