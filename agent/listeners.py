"""The tracks that a meeting listens to, by track SID, all of them heard by one task."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from livekit import rtc

from agent.audio_stream import FRAME_MS, OpenStream
from agent.room_audio import overload_gap
from agent.track_listener import TrackListener
from models.base import Detect, Recogniser, VoiceDetector
from pipelines.caption_sink import CaptionSink
from pipelines.captions import TrackCaptions
from pipelines.events import Speaker
from pipelines.finals import UtteranceTrace, untraced
from pipelines.hearing import hear_together
from pipelines.settings import CaptionSettings

log = logging.getLogger(__name__)

TICK_SEC = FRAME_MS / 1000 / 2
"""A frame waits for half its own length at most, and meets those of the other tracks."""


class Listeners:
    """One listener a track. `now` is Unix time in seconds."""

    def __init__(
        self,
        *,
        meeting_id: str,
        started_at: datetime,
        open_stream: OpenStream,
        recogniser: Recogniser,
        detector: Callable[[], VoiceDetector],
        detect: Detect,
        sink: CaptionSink,
        settings: CaptionSettings,
        now: Callable[[], float],
        trace: UtteranceTrace = untraced,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._meeting_id = meeting_id
        self._zero = started_at.timestamp()
        self._open_stream = open_stream
        self._recogniser = recogniser
        self._detector = detector
        self._detect = detect
        self._sink = sink
        self._settings = settings
        self._now = now
        self._trace = trace
        self._monotonic = monotonic
        self._sleep = sleep
        self._by_sid: dict[str, TrackListener] = {}
        self._changed = asyncio.Event()

    def add(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, speaker: Speaker
    ) -> TrackListener:
        """A listener for the track; the caller runs it.

        After a full reconnect a track comes again: then the listener before is ended.
        """
        self.gone(publication.sid)

        def captions() -> TrackCaptions:
            return TrackCaptions(
                meeting_id=self._meeting_id,
                speaker=speaker,
                detector=self._detector(),
                recogniser=self._recogniser,
                sink=self._sink,
                settings=self._settings,
                trace=self._trace,
            )

        async def lost(start_sample: int, end_sample: int) -> None:
            log.warning("audio was dropped: this process is too slow")
            await self._sink.gap(overload_gap(self._meeting_id, speaker, start_sample, end_sample))

        listener = TrackListener(
            open_stream=lambda: self._open_stream(track),
            muted=lambda: publication.muted,
            captions=captions,
            lost=lost,
            meeting_sec=lambda: self._now() - self._zero,
            monotonic=self._monotonic,
        )
        self._by_sid[publication.sid] = listener
        self.changed()
        return listener

    def gone(self, sid: str) -> None:
        """The track is gone: what was heard is brought to its end."""
        listener = self._by_sid.pop(sid, None)
        if listener is not None:
            listener.end()

    def changed(self) -> None:
        """A track was muted or unmuted, or is new."""
        self._changed.set()

    def end(self) -> None:
        """All tracks are over."""
        for sid in list(self._by_sid):
            self.gone(sid)

    async def run(self) -> None:
        """Hear all tracks, tick by tick, until cancelled; asleep while nothing can be heard."""
        while True:
            self._changed.clear()
            if not self.hear():
                await self._changed.wait()
            await self._sleep(TICK_SEC)

    def hear(self) -> bool:
        """One tick: what has come of all tracks. False: nothing will come until a change."""
        awake = [one for one in self._by_sid.values() if not one.idle]
        failures = hear_together([one.steps() for one in awake], self._detect)
        for listener, failure in zip(awake, failures, strict=True):
            if failure is not None:
                listener.fail(failure)
        return bool(awake)
