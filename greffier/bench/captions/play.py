"""A meeting through the true pipeline: detector, segmenter, partials, finals; only time is virtual.

What a reader of each track sees is noted with the moment, in seconds of the meeting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from greffier.bench.captions.meeting import SaidMeeting, SaidTrack
from greffier.bench.captions.virtual_engine import (
    Decoder,
    Effort,
    VirtualClock,
    VirtualEngine,
    settle,
)
from models.base import SAMPLE_RATE, Pressure, Samples
from models.settings import AsrSettings
from models.vad import WINDOW_SAMPLES, SileroDetector, shared_model
from pipelines.captions import TrackCaptions
from pipelines.echo.meeting_echo import MeetingEcho
from pipelines.events import DroppedCaption, Gap, PartialCaption, Segment, Speaker
from pipelines.settings import CaptionSettings

FRAME_SAMPLES = SAMPLE_RATE // 20
"""What a room gives at once."""
LAST_ANSWER_SEC = 60.0
Heard = dict[str, list[float]]
"""By track: what the detector found, window by window, once it has been through the track."""
Event = PartialCaption | Segment | DroppedCaption | Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was brought to the reader at a moment."""

    moment_sec: float
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedTrack:
    """One track and all that was shown of it, in order."""

    track: SaidTrack
    shown: tuple[Shown, ...]

    @property
    def segments(self) -> list[Segment]:
        """The finals, in order."""
        return [one.event for one in self.shown if isinstance(one.event, Segment)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A meeting that was played, and what it took."""

    meeting: SaidMeeting
    tracks: tuple[PlayedTrack, ...]
    effort: Effort


@dataclass(slots=True, kw_only=True)
class _Reader:
    """A `CaptionSink` that notes everything."""

    clock: VirtualClock
    shown: list[Shown] = field(default_factory=list)

    async def partial(self, caption: PartialCaption) -> None:
        self._note(caption)

    async def final(self, segment: Segment, pressure: Pressure) -> None:  # noqa: ARG002
        self._note(segment)

    async def dropped(self, caption: DroppedCaption) -> None:
        self._note(caption)

    async def gap(self, gap: Gap) -> None:
        self._note(gap)

    def _note(self, event: Event) -> None:
        self.shown.append(Shown(moment_sec=self.clock.now_sec, event=event))


class _Detector:
    """A detector of a track that is played again and again: only the first play has to listen."""

    window_samples: int = WINDOW_SAMPLES

    def __init__(self, probabilities: list[float]) -> None:
        self._known = iter(tuple(probabilities))
        self._listening: SileroDetector | None = None
        self._probabilities = probabilities
        if not probabilities:
            self._listening = shared_model().detector()

    def probability(self, window: Samples) -> float:
        if self._listening is None:
            return next(self._known)
        found = self._listening.probability(window)
        self._probabilities.append(found)
        return found

    def reset(self) -> None:
        if self._listening is not None:
            self._listening.reset()


async def play(
    meeting: SaidMeeting,
    decoder: Decoder,
    *,
    captions: CaptionSettings,
    asr: AsrSettings,
    accounted: bool,
    heard: Heard | None = None,
) -> Played:
    """Play the meeting. `accounted`: decoding takes the time it takes here, else none at all.

    Without, the same meeting gives the same captions each time. `heard` is filled by the first
    play of a meeting and spares the next ones the detector.
    """
    heard = {} if heard is None else heard
    clock = VirtualClock()
    engine = VirtualEngine(decoder, asr, clock, accounted=accounted)
    echo = MeetingEcho(timeout=clock.timeout)
    readers = [_Reader(clock=clock) for _ in meeting.tracks]
    tracks = [
        TrackCaptions(
            meeting_id=meeting.name,
            speaker=Speaker(identity=track.identity, name="", track_sid=track.identity),
            detector=_Detector(heard.setdefault(track.identity, [])),
            recogniser=engine,
            sink=reader,
            settings=captions,
            echo=echo.track(track.identity),
        )
        for track, reader in zip(meeting.tracks, readers, strict=True)
    ]
    longest = max(len(track.samples) for track in meeting.tracks)
    for at in range(0, longest, FRAME_SAMPLES):
        # A frame is there when its last sample is.
        await engine.run_until((at + FRAME_SAMPLES) / SAMPLE_RATE)
        for said, track in zip(meeting.tracks, tracks, strict=True):
            if at < len(said.samples):
                await track.feed(said.samples[at : at + FRAME_SAMPLES], at)
    for track in tracks:
        await track.finish()
    await engine.run_until(clock.now_sec + LAST_ANSWER_SEC)
    await settle()
    for track in tracks:
        await track.drain()
    return Played(
        meeting=meeting,
        tracks=tuple(
            PlayedTrack(track=said, shown=tuple(reader.shown))
            for said, reader in zip(meeting.tracks, readers, strict=True)
        ),
        effort=engine.effort,
    )
