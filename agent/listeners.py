"""The tracks that a meeting listens to, by track SID, all of them heard by one task."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from livekit import rtc

from agent.audio_stream import FRAME_MS, OpenStream
from agent.handover import Handover, open_track
from agent.meeting_clock import MeetingClock
from agent.track_listener import Hole, TrackListener
from models.base import Detect, Recogniser, VoiceDetector
from pipelines.captions import TrackCaptions
from pipelines.echo.meeting_echo import MeetingEcho
from pipelines.events import Gap, GapReason, Speaker
from pipelines.finals import UtteranceTrace, untraced
from pipelines.glossary import prompt_of
from pipelines.segments import Track
from pipelines.settings import CaptionSettings
from pipelines.speech.hearing import hear_together
from pipelines.track_ledger import LEAST_GAP_SAMPLES
from pipelines.translation.afterwards import TranslationSink
from pipelines.translation.translator import EnglishFinals
from storage.line import OpenTrack

TICK_SEC = FRAME_MS / 1000 / 2
"""A frame waits for half its own length at most, and meets those of the other tracks."""
MOST_GONE = 500
"""Tracks remembered because they may come again: a reconnect brings back all of them at once."""


@dataclass(slots=True, kw_only=True)
class Source:
    """Where a track's sound comes from: another one after each time that we subscribe to it."""

    track: rtc.Track
    publication: rtc.RemoteTrackPublication


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A track with who listens to it."""

    source: Source
    speaker: Speaker
    listener: TrackListener

    @property
    def sid(self) -> str:
        """The track's."""
        return self.source.publication.sid


class Listeners:
    """One listener a track. `deaf`: our connection to the room is away; `sleep`: between ticks.

    By identity: `withheld`, why a person is not to be heard, and `spoken`, the language they said.
    Who is not to be heard is not subscribed to.
    """

    def __init__(
        self,
        *,
        meeting_id: str,
        open_stream: OpenStream,
        recogniser: Recogniser,
        detector: Callable[[], VoiceDetector],
        detect: Detect,
        sink: TranslationSink,
        settings: CaptionSettings,
        clock: MeetingClock,
        handover: Handover,
        deaf: Callable[[], bool],
        withheld: Callable[[str], GapReason | None] = lambda _: None,
        spoken: Callable[[str], str | None] = lambda _: None,
        trace: UtteranceTrace = untraced,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._meeting_id = meeting_id
        self._open_stream = open_stream
        self._recogniser = recogniser
        self._detector = detector
        self._detect = detect
        self._sink = sink
        self._settings = settings
        self._clock = clock
        self._handover = handover
        self._deaf = deaf
        self._wants_withheld = withheld
        self._spoken = spoken
        self._withheld: dict[str, GapReason] = {}
        self._trace = trace
        self._echo = MeetingEcho()
        asked = settings.translate_to_en and "en" not in settings.translate_to
        self._english = EnglishFinals(sink, recogniser) if asked else None
        self._monotonic = monotonic
        self._sleep = sleep
        self._by_sid: dict[str, Heard] = {}
        self._gone: dict[str, Heard] = {}
        self._changed = asyncio.Event()

    def add(
        self, track: rtc.Track, publication: rtc.RemoteTrackPublication, speaker: Speaker
    ) -> Heard | None:
        """A listener for the track; the caller runs it. None: the one it had hears on.

        After a full reconnect of ours a track comes again: then the listener before is ended, and
        what was said between is a gap.
        """
        heard = self._by_sid.get(publication.sid)
        if heard is not None and publication.sid in self._withheld:
            heard.source.track, heard.source.publication = track, publication
            del self._withheld[publication.sid]
            self._look_at(heard)
            self.changed()
            return None
        self.gone(publication.sid)
        hole = self._handover.claim(publication.sid)
        before = self._gone.pop(publication.sid, None)
        if before is not None and not (before.listener.muted and publication.muted):
            hole = Hole(start_sample=before.listener.end_sample, reason=GapReason.OUTAGE)
        return self._listen(Source(track=track, publication=publication), speaker, hole)

    def again(self, heard: Heard) -> Heard | None:
        """A new listener in place of one that failed, unless the track is gone meanwhile."""
        if self._by_sid.get(heard.sid) is not heard:
            return None
        hole = Hole(start_sample=heard.listener.settled_sample, reason=GapReason.OUTAGE)
        return self._listen(heard.source, heard.speaker, hole)

    def lost(self, heard: Heard) -> Gap | None:
        """What a listener that failed has left, if nobody listens in its place."""
        start, end = heard.listener.settled_sample, heard.listener.end_sample
        if end - start < LEAST_GAP_SAMPLES:
            return None
        track = Track(meeting_id=self._meeting_id, speaker=heard.speaker)
        return track.hole(start, end, GapReason.OUTAGE)

    def _prompt(self) -> str:
        names = dict.fromkeys(heard.speaker.name for heard in self._by_sid.values())
        return prompt_of(self._settings.glossary, names)

    def _listen(
        self,
        source: Source,
        speaker: Speaker,
        hole: Hole | None,
    ) -> Heard:
        sid = source.publication.sid
        captions = TrackCaptions(
            meeting_id=self._meeting_id,
            speaker=speaker,
            detector=self._detector(),
            recogniser=self._recogniser,
            sink=self._sink,
            settings=self._settings,
            trace=self._trace,
            echo=self._echo.track(speaker.track_sid),
            english=self._english,
            prompt=self._prompt,
            spoken=lambda: self._spoken(speaker.identity),
        )
        listener = TrackListener(
            open_stream=lambda: self._open_stream(source.track),
            muted=lambda: source.publication.muted,
            captions=captions,
            meeting_sec=self._clock.sec,
            hole=hole,
            deaf=self._deaf,
            withheld=lambda: self._withheld.get(sid),
            monotonic=self._monotonic,
        )
        heard = Heard(source=source, speaker=speaker, listener=listener)
        self._by_sid[sid] = heard
        self._look_at(heard)
        self.changed()
        return heard

    def look(self) -> None:
        """Somebody may have chosen to be heard no more, or again."""
        for heard in self._by_sid.values():
            self._look_at(heard)
        self.changed()

    def _look_at(self, heard: Heard) -> None:
        publication = heard.source.publication
        reason = self._wants_withheld(heard.speaker.identity)
        if reason is not None:
            self._withheld[heard.sid] = reason
            if publication.subscribed:
                publication.set_subscribed(False)
        elif heard.sid in self._withheld:
            # Heard again once its sound is there: `add` is called with it.
            publication.set_subscribed(True)

    def unsubscribed(self, sid: str) -> None:
        """Its sound has gone: because we don't want it, or the track with it."""
        if sid not in self._withheld:
            self.gone(sid)

    def gone(self, sid: str) -> None:
        """The track is gone: what was heard is brought to its end."""
        heard = self._by_sid.pop(sid, None)
        self._withheld.pop(sid, None)
        if heard is not None:
            heard.listener.end()
            self._gone[sid] = heard
            if len(self._gone) > MOST_GONE:
                del self._gone[next(iter(self._gone))]

    def left(self, sid: str) -> None:
        """The track will not come again: it was unpublished, or its owner has left."""
        self.gone(sid)
        self._gone.pop(sid, None)

    def changed(self) -> None:
        """A track was muted or unmuted, or is new."""
        self._changed.set()

    def open_tracks(self) -> tuple[OpenTrack, ...]:
        """What a successor of ours would have to account for."""
        ours = (one for one in self._by_sid.values() if not one.listener.muted)
        mine = tuple(
            open_track(one.speaker, one.listener.settled_sample, one.listener.withheld)
            for one in ours
        )
        return self._handover.open_tracks + mine

    def end(self) -> None:
        """The meeting is over for us; the tracks are not."""
        for heard in self._by_sid.values():
            heard.listener.end()

    async def run(self) -> None:
        """Hear all tracks, tick by tick, until cancelled; asleep while nothing can be heard."""
        try:
            while True:
                self._changed.clear()
                if not self.hear():
                    await self._changed.wait()
                await self._sleep(TICK_SEC)
        finally:
            if self._english is not None:
                await self._english.aclose()

    def hear(self) -> bool:
        """One tick: what has come of all tracks. False: nothing will come until a change."""
        listeners = [heard.listener for heard in self._by_sid.values()]
        awake = [one for one in listeners if not one.idle]
        failures = hear_together([one.steps() for one in awake], self._detect)
        for listener, failure in zip(awake, failures, strict=True):
            if failure is not None:
                listener.fail(failure)
        return bool(awake)
