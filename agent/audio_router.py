"""All audio streams of a meeting over one subscription to the SDK's events.

The SDK's own `rtc.AudioStream` subscribes each stream to the events of all: a frame of one track
wakes every other, which is quadratic. Here the filter of a single subscription, which the SDK runs
where the event arrives, copies the frame to its stream's queue and lets nothing through: no event
is queued for the loop, and the loop isn't woken.

This lies below the SDK's public interface; `open_streams` falls back to it (`PublicStream`) when
an SDK no longer has what is needed, and a test says so.
"""

from __future__ import annotations

import ctypes
import inspect
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
        from livekit.rtc._ffi_client import FfiClient, FfiHandle, FfiQueue  # noqa: PLC0415
        from livekit.rtc._proto import audio_frame_pb2, ffi_pb2  # noqa: PLC0415

        if "filter_fn" not in inspect.signature(FfiQueue.subscribe).parameters:
            raise AttributeError("FfiQueue.subscribe has no filter_fn")
        self._request_type = ffi_pb2.FfiRequest
        self._native = audio_frame_pb2.AudioStreamType.AUDIO_STREAM_NATIVE
        self._handle_type = FfiHandle
        self._client = FfiClient.instance
        self._queues: dict[int, FrameQueue] = {}
        self._subscription = self._client.queue.subscribe(filter_fn=self._arrived)

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
        self._client.queue.unsubscribe(self._subscription)
        self._queues.clear()

    def _arrived(self, event: Any) -> bool:
        """Called in a thread of the SDK with each of its events; False: it is not for the loop."""
        # The SDK would deliver an event whose filter failed, to a queue that nobody reads.
        try:
            if event.WhichOneof("message") == "audio_stream_event":
                self._take(event.audio_stream_event)
        except Exception:
            log.exception("a frame of audio is lost")
        return False

    def _take(self, event: Any) -> None:
        queue = self._queues.get(event.stream_handle)
        if queue is None:
            return  # a stream that somebody else opened
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
