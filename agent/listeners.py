"""The tracks that a meeting listens to, by track SID."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from livekit import rtc

from agent.room_audio import open_stream, overload_gap
from agent.track_listener import TrackListener
from models.base import Recogniser, VoiceDetector
from pipelines.caption_sink import CaptionSink
from pipelines.captions import TrackCaptions
from pipelines.events import Speaker
from pipelines.settings import CaptionSettings

log = logging.getLogger(__name__)


class Listeners:
    """One listener a track. `now` is Unix time in seconds."""

    def __init__(
        self,
        *,
        meeting_id: str,
        started_at: datetime,
        recogniser: Recogniser,
        detector: Callable[[], VoiceDetector],
        sink: CaptionSink,
        settings: CaptionSettings,
        now: Callable[[], float],
    ) -> None:
        self._meeting_id = meeting_id
        self._zero = started_at.timestamp()
        self._recogniser = recogniser
        self._detector = detector
        self._sink = sink
        self._settings = settings
        self._now = now
        self._by_sid: dict[str, TrackListener] = {}

    def add(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, speaker: Speaker
    ) -> TrackListener:
        """A listener for the track; the caller runs it.

        After a full reconnect a track comes again: then the listener before is ended.
        """
        self.gone(publication.sid)
        captions = TrackCaptions(
            meeting_id=self._meeting_id,
            speaker=speaker,
            detector=self._detector(),
            recogniser=self._recogniser,
            sink=self._sink,
            settings=self._settings,
        )

        async def lost(start_sample: int, end_sample: int) -> None:
            log.warning("audio was dropped: this process is too slow")
            await self._sink.gap(overload_gap(self._meeting_id, speaker, start_sample, end_sample))

        listener = TrackListener(
            frames=lambda: open_stream(track),
            muted=lambda: publication.muted,
            captions=captions,
            lost=lost,
            meeting_sec=lambda: self._now() - self._zero,
        )
        self._by_sid[publication.sid] = listener
        return listener

    def gone(self, sid: str) -> None:
        """The track is gone: what was heard is brought to its end."""
        listener = self._by_sid.pop(sid, None)
        if listener is not None:
            listener.end()

    def mute_changed(self, sid: str) -> None:
        """The track was muted or unmuted."""
        listener = self._by_sid.get(sid)
        if listener is not None:
            listener.mute_changed()

    def end(self) -> None:
        """All tracks are over."""
        for sid in list(self._by_sid):
            self.gone(sid)
