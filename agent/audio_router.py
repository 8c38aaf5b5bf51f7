"""All audio streams of a meeting, their frames taken before the SDK hands them round.

The SDK's own `rtc.AudioStream` subscribes each stream to the events of all: a frame of one track
wakes every other, which is quadratic. And whoever waits for an answer of the SDK, as each caption
does four times while it is sent, is subscribed to everything meanwhile: 2,000 frames a second of a
hundred tracks would go through the loop. Here a frame is copied to its stream's queue in the thread
where it arrives, and no subscriber sees it: the loop isn't woken.

This lies below the SDK's public interface; `open_streams` falls back to it (`PublicStream`) when
an SDK no longer has what is needed, and a test says so.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from typing import Any

from livekit import rtc

from agent.audio_stream import FRAME_MS, AudioStream, FrameQueue, OpenStream, PublicStream, Taken
from agent.settings import StreamKind
from pipelines.events import SAMPLE_RATE

log = logging.getLogger(__name__)

_BYTES_A_SAMPLE = 2


class AudioRouter:
    """Opens streams in the running loop's process. Raises ImportError or AttributeError when the
    SDK is another one than it was.
    """

    def __init__(self) -> None:
        from livekit.rtc._ffi_client import FfiClient, FfiHandle  # noqa: PLC0415
        from livekit.rtc._proto import audio_frame_pb2, ffi_pb2  # noqa: PLC0415

        self._request_type = ffi_pb2.FfiRequest
        self._native = audio_frame_pb2.AudioStreamType.AUDIO_STREAM_NATIVE
        self._handle_type = FfiHandle
        self._client = FfiClient.instance
        self._queues: dict[int, FrameQueue] = {}
        self._hand_round = self._client.queue.put
        # The SDK's callback looks it up with each event.
        self._client.queue.put = self._arrived

    def open(self, track: rtc.Track) -> AudioStream:
        """16 kHz mono frames of the track from now on."""
        request = self._request_type()
        request.new_audio_stream.track_handle = track._ffi_handle.handle
        request.new_audio_stream.type = self._native
        request.new_audio_stream.sample_rate = SAMPLE_RATE
        request.new_audio_stream.num_channels = 1
        request.new_audio_stream.frame_size_ms = FRAME_MS
        # No bound (see QUEUE_FRAMES). Without a word it is 100 ms: as long as this process may
        # well hold its thread's lock, in which the frame is taken.
        request.new_audio_stream.queue_size_frames = 0
        answer = self._client.request(request).new_audio_stream.stream
        handle, queue = self._handle_type(answer.handle.id), FrameQueue()
        # In time: the first frame takes 50 ms to come together.
        self._queues[handle.handle] = queue
        return _RoutedStream(queue, handle)

    def close(self) -> None:
        """No stream hears anything any more."""
        # Where another router took its place since, it stays, and hands everything round.
        if self._client.queue.put == self._arrived:
            self._client.queue.put = self._hand_round
        self._queues.clear()

    def _arrived(self, event: Any) -> None:
        """Called in a thread of the SDK with each of its events."""
        try:
            if event.WhichOneof("message") == "audio_stream_event":
                queue = self._queues.get(event.audio_stream_event.stream_handle)
                if queue is not None:
                    self._take(event.audio_stream_event, queue)
                    return
        except Exception:
            log.exception("a frame of audio is lost")
            return
        self._hand_round(event)

    def _take(self, event: Any, queue: FrameQueue) -> None:
        if event.HasField("frame_received"):
            owned = event.frame_received.frame
            size = owned.info.samples_per_channel * owned.info.num_channels * _BYTES_A_SAMPLE
            queue.put(ctypes.string_at(owned.info.data_ptr, size))
            self._handle_type(owned.handle.id).dispose()
        elif event.HasField("eos"):
            queue.end()
            del self._queues[event.stream_handle]


class _RoutedStream:
    """A stream of the router. Its queue stays known until the SDK's last event of it has come."""

    def __init__(self, queue: FrameQueue, handle: Any) -> None:
        self._queue = queue
        self._handle = handle

    @property
    def resting(self) -> bool:
        """As its queue."""
        return self._queue.resting

    def take(self) -> Taken:
        """What has come; never waits."""
        return self._queue.take()

    def close(self) -> None:
        """Release it."""
        self._handle.dispose()


def open_streams(kind: StreamKind = "routed") -> tuple[OpenStream, Callable[[], None]]:
    """How this process opens a stream, and what is called when no more is opened."""
    if kind == "public":
        return PublicStream, lambda: None
    try:
        router = AudioRouter()
    except (ImportError, AttributeError) as error:
        log.warning("this LiveKit SDK is not known (%s): many tracks will cost more", error)
        return PublicStream, lambda: None
    return router.open, router.close
