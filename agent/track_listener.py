"""Listens to one track: frames on meeting time → captions; no stream while it is muted."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.audio_stream import FRAME_BYTES, FRAME_MS, FRAME_SAMPLES, AudioStream
from agent.room_audio import to_float
from agent.sample_clock import Placed, SampleClock
from agent.track_captions import Captions
from models.base import Samples
from pipelines.events import SAMPLE_RATE, GapReason
from pipelines.speech.hearing import Steps, hear_alone

log = logging.getLogger(__name__)

MUTE_TAIL_SAMPLES = round(0.3 * SAMPLE_RATE)
"""The mute signal overtakes the audio: the last word is still in the jitter buffer."""
LINGER_SEC = 1.0
"""A track muted for longer has no stream."""
LATE_SEC = 0.5
"""Who looks again only after this long was held up."""
CONCEALED = 3 / 32768
"""At most as loud as what stands in for lost packets in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """What of a track nobody heard before we did: from `start_sample` on, and why."""

    start_sample: int
    reason: GapReason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Withheld:
    """The track is not heard because somebody wants so: a gap; without a reason, muted as well."""

    reason: GapReason | None


class TrackListener:
    """One track. `steps` hears, when `Listeners` says; `run` brings everything to its end.

    `meeting_sec` is the meeting's time. `hole`: the track was there before, unheard. `deaf`: our
    connection to the room is away, and what comes as silence is none. `withheld`: why the track is
    not to be heard now; the gap goes on to the first frame after.
    """

    def __init__(
        self,
        *,
        open_stream: Callable[[], AudioStream],
        muted: Callable[[], bool],
        captions: Captions,
        meeting_sec: Callable[[], float],
        hole: Hole | None = None,
        deaf: Callable[[], bool] = lambda: False,
        withheld: Callable[[], GapReason | None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
        linger_sec: float = LINGER_SEC,
    ) -> None:
        self._open = open_stream
        self._muted = muted
        self._captions = captions
        self._meeting_sec = meeting_sec
        self._hole = hole
        self._deaf = deaf
        self._wants_withheld = withheld
        self._withheld: _Withheld | None = None
        self._unheard: GapReason | None = None
        """Why what comes before the next frame is not heard; None: muted."""
        self._monotonic = monotonic
        self._linger_sec = linger_sec
        self._clock = SampleClock(0 if hole is None else hole.start_sample)
        self._stream: AudioStream | None = None
        self._looked_at = monotonic()
        self._muted_at: float | None = None
        self._muted_samples = 0
        self._over = asyncio.Event()
        self._failure: Exception | None = None
        if hole is not None:
            captions.begin(hole.start_sample)
            self._unheard = hole.reason
        elif muted():
            captions.begin(self._now())

    @property
    def muted(self) -> bool:
        """Whether nothing is to be heard on the track."""
        return self._muted()

    @property
    def withheld(self) -> GapReason | None:
        """Why what comes after `settled_sample` is kept out of the record, if somebody wants so."""
        return None if self._withheld is None else self._withheld.reason

    @property
    def settled_sample(self) -> int:
        """Up to here all of the track is in the record, or was silence."""
        settled = self._captions.settled_sample
        return self._now() if settled is None else settled

    @property
    def end_sample(self) -> int:
        """Up to here the track is accounted for."""
        end = self._captions.end_sample
        return self._now() if end is None else end

    @property
    def idle(self) -> bool:
        """Whether there is nothing to hear until the track is unmuted, or may be heard again."""
        if self._stream is not None:
            return False
        if self._wants_withheld() is None and self._withheld is None:
            return self._over.is_set() or self._muted()
        return self._over.is_set() or self._withheld == self._to_withhold()

    def end(self) -> None:
        """The track is gone, or the meeting is over: what was heard is still brought to its end."""
        self._over.set()

    def fail(self, failure: Exception) -> None:
        """Nothing more can be heard: `run` raises it."""
        self._failure = self._failure or failure
        self._over.set()

    async def run(self) -> None:
        """Wait for `end` or the end of the track, then until the last final is out.

        Cancelling gives up what is not out. Raises what the captions' sink raised.
        """
        try:
            if self._muted():
                self._tell_hole()
            await self._over.wait()
            if self._failure is not None:
                raise self._failure
            hear_alone(self.steps())
            self._close()
            self._captions.pause()
            self._account_for_the_end()
            await self._captions.drain()
        finally:
            await self._captions.aclose()
            self._close()

    def steps(self) -> Steps[None]:
        """Hear what has come since the last time."""
        self._withhold()
        now = self._monotonic()
        late, self._looked_at = now - self._looked_at > LATE_SEC, now
        stream = self._sounding(now)
        if stream is None or (stream.resting and self._patient()):
            return
        taken = stream.take()
        heard_sec = self._meeting_sec() - len(taken.frames) * FRAME_MS / 1000
        dropped = taken.dropped * FRAME_SAMPLES
        whole = taken.silent and taken.frames and self._patient()
        for frame in (b"".join(taken.frames),) if whole else taken.frames:
            heard_sec += len(frame) / FRAME_BYTES * FRAME_MS / 1000
            if not self._wanted(len(frame) // 2):
                continue
            samples = to_float(frame)
            placed = self._clock.place(
                len(samples),
                heard_sec=heard_sec,
                quiet=self._captions.quiet,
                dropped=dropped,
                late=late,
            )
            dropped = 0
            yield from self._hear(samples, placed)
        if taken.ended:
            self.end()

    def _to_withhold(self) -> _Withheld | None:
        reason = self._wants_withheld()
        if reason is None:
            return None
        return _Withheld(reason=None if self._muted() else reason)

    def _withhold(self) -> None:
        """Begin, end or change what is not heard by somebody's will."""
        before, after = self._withheld, self._to_withhold()
        if before == after:
            return
        if before is not None:
            if after is not None or self._muted():
                self._captions.skip(self._now(), before.reason)
                self._withheld = after
            # Else it goes on to the first frame, which ends it.
            self._unheard = None
            return
        # What was said up to now is brought out; what is on its way is not ours any more.
        self._captions.pause()
        self._captions.begin(self._now())
        if self._muted():
            self._captions.skip(self._now(), None)
        elif self._stream is None and after is not None and self._unheard is not after.reason:
            self._captions.skip(self._now(), self._unheard)
        self._close()
        self._clock.restart()
        self._muted_at, self._muted_samples, self._unheard = None, 0, None
        self._withheld = after

    def _patient(self) -> bool:
        """Whether silence may be heard later, in one piece: nobody waits for it to end a line."""
        return not (
            self._over.is_set() or self._deaf() or self._muted() or not self._captions.quiet
        )

    def _hear(self, samples: Samples, placed: Placed) -> Steps[None]:
        if self._withheld is not None:
            self._captions.skip(placed.at_sample, self._withheld.reason)
            self._withheld, self._unheard = None, GapReason.OUTAGE
        if self._deaf() and not np.any(np.abs(samples) > CONCEALED):
            self._unheard = GapReason.OUTAGE
            return
        if placed.lost_from is not None:
            log.warning("audio was dropped: this process is too slow")
            self._unheard = GapReason.OVERLOAD
        end = self._captions.end_sample
        if end is not None and placed.at_sample > end:
            self._captions.skip(placed.at_sample, self._unheard)
        # A hole in what follows is a cut of ours: who is not muted gives frames in silence too.
        self._unheard = GapReason.OUTAGE
        if placed.fill > 0:
            samples = np.concatenate([np.zeros(placed.fill, np.float32), samples])
        yield from self._captions.steps(samples[max(0, -placed.fill) :], placed.at_sample)

    def _account_for_the_end(self) -> None:
        """What came after the last frame, or instead of a first."""
        if self._withheld is not None:
            self._captions.skip(self._now(), self._withheld.reason)
        self._tell_hole()
        if self._muted():
            self._captions.skip(self._now(), None)

    def _tell_hole(self) -> None:
        """Nothing was heard of the track since it was ours, and nothing will be for now."""
        if self._hole is not None and self._captions.end_sample == self._hole.start_sample:
            self._captions.skip(self._now(), self._hole.reason)
            self._unheard = None

    def _now(self) -> int:
        return round(self._meeting_sec() * SAMPLE_RATE)

    def _sounding(self, now: float) -> AudioStream | None:
        """The stream, opened if sound is expected, closed if the track has long been muted."""
        if self._wants_withheld() is None and not self._muted():
            self._muted_at = None
            if self._stream is None and not self._over.is_set():
                self._stream = self._open()
        elif self._stream is not None:
            self._muted_at = now if self._muted_at is None else self._muted_at
            if now - self._muted_at >= self._linger_sec:
                self._captions.pause()
                self._clock.restart()
                self._unheard = None
                self._close()
        return self._stream

    def _wanted(self, count: int) -> bool:
        """Whether a frame of `count` samples is heard: after the mute, only the last word's end."""
        if not self._muted():
            self._muted_samples = 0
            return True
        if self._muted_samples >= MUTE_TAIL_SAMPLES:
            return False
        self._muted_samples += count
        if self._muted_samples < MUTE_TAIL_SAMPLES:
            return True
        self._clock.restart()
        self._unheard = None
        self._captions.pause()
        return False

    def _close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
