"""Echo: one speaker's voice in another's microphone must not become the other's words.

One `MeetingEcho` a meeting, one `TrackEcho` a track. An utterance is echo when all three agree:
its sound is another track's, later and weaker (`echo.leak`); that track speaks at that time;
and its text is in what that track is known to say by then, partial or final. What is `faint`, far
below its source and below how this speaker usually sounds, is misheard, so that no text can
confirm it: there the sound alone decides, and the model is not asked. Where an echo and the
speaker's own words are one utterance, only the own stretch of it is recognised.

The trade: an utterance whose sound says echo waits for the other track's text, for `PATIENCE_SEC`
at most; speech of one's own never waits. When the text doesn't come, the utterance is kept: two
lines of the same words do less harm than none.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

import numpy as np

from models.base import SAMPLE_RATE, Samples
from pipelines.echo.band_levels import HOP_SAMPLES, BandLevels, Levels
from pipelines.echo.leak import LAG_HOPS, SPEAKING_DB, Leak, find_leaks, noise, own_hops, total
from pipelines.echo.own import Own, stretch
from pipelines.echo.same_text import same_text

PATIENCE_SEC = 1.0
MARGIN_HOPS = max(LAG_HOPS) + 2
AROUND_HOPS = 75
"""1.5 s before and after, as far as heard, are compared, too: a leak is there before and after, and
a word alone is too short to tell one by."""
SURE_HOPS = 50
"""Two who say the same short word at the same time sound alike; for a second they don't."""
SAME_WAY_HOPS = 2
SAME_GAIN_DB = 6.0
"""A leak that is known already is believed for less: loudspeaker and microphone don't move."""
FAINT_DB = -16.0
"""An echo this far below its source is misheard: Whisper makes other words of it."""
BELOW_USUAL_DB = 15.0
LONG_BELOW_USUAL_DB = 6.0
"""A whole second that a sure leak explains is echo at any level: a hard room's is misheard, too."""
USUAL_UTTERANCES = 20
LOUD_HOPS = 90
"""The level of an utterance is the one that its loudest tenth reaches, in percent of its hops."""
IDLE_SAMPLES = 5 * SAMPLE_RATE
KEPT_SAMPLES = 45 * SAMPLE_RATE


@dataclass(slots=True)
class _Said:
    first_sample: int
    end_sample: int
    text: str = ""
    settled: bool = False


class MeetingEcho:
    """What the tracks of a meeting must know of each other. `timeout`: as asyncio's."""

    def __init__(
        self,
        patience_sec: float = PATIENCE_SEC,
        timeout: Callable[[float], AbstractAsyncContextManager[object]] = asyncio.timeout,
    ) -> None:
        self.patience_sec = patience_sec
        self._timeout = timeout
        self.tracks: dict[str, TrackEcho] = {}
        self._changed = asyncio.Event()
        self.waiting = 0
        """So many wait for more sound."""

    def track(self, sid: str) -> TrackEcho:
        """A new track; it costs nothing before it carries sound."""
        self.tracks[sid] = TrackEcho(self, sid)
        return self.tracks[sid]

    def forget_idle(self, now_sample: int) -> None:
        """Let go of the levels of tracks that have been muted or gone for a while."""
        for track in self.tracks.values():
            track.forget_if_idle(now_sample)

    def changed(self) -> None:
        """Some track's text is known better: whoever waits looks again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def patience(self) -> AbstractAsyncContextManager[object]:
        """So long a track waits for another; then TimeoutError."""
        return self._timeout(self.patience_sec)

    async def change(self) -> None:
        """Wait for that."""
        await self._changed.wait()


class TrackEcho:
    """One track's side. All of it is called from the meeting's event loop."""

    def __init__(self, meeting: MeetingEcho, sid: str) -> None:
        self._meeting = meeting
        self._sid = sid
        self._levels: BandLevels | None = None
        self._said: dict[str, _Said] = {}
        self._own_db: deque[float] = deque(maxlen=USUAL_UTTERANCES)
        self._leaks: dict[str, Leak] = {}  # the last sure one of each source

    def hear(self, samples: Samples, at_sample: int) -> None:
        """Take a frame's levels."""
        if self._levels is None:
            if not samples.any():
                return
            self._meeting.forget_idle(at_sample)
            self._levels = BandLevels()
        self._levels.push(samples, at_sample)
        if self._meeting.waiting:
            self._meeting.changed()

    def forget_if_idle(self, now_sample: int) -> None:
        """Let the levels go when no utterance of now reaches back to them."""
        if self._levels is not None and self._levels.end_sample < now_sample - IDLE_SAMPLES:
            self._levels = None

    def begun(self, utterance_id: str, first_sample: int) -> None:
        """Speech has begun; its text is not known yet."""
        self._said = {
            key: one
            for key, one in self._said.items()
            if one.end_sample > first_sample - KEPT_SAMPLES
        }
        self._said[utterance_id] = _Said(first_sample, first_sample)

    def says(self, utterance_id: str, end_sample: int, text: str) -> None:
        """The text of an utterance so far."""
        if (one := self._said.get(utterance_id)) is not None:
            one.end_sample, one.text = end_sample, text or one.text
            self._meeting.changed()

    def settled(self, utterance_id: str) -> None:
        """Nothing more will be said of it."""
        if (one := self._said.get(utterance_id)) is not None:
            one.settled = True
            self._meeting.changed()

    def close(self) -> None:
        """The track is gone; what it said still explains echoes of it that are on their way."""
        for one in self._said.values():
            one.settled = True
        self._meeting.changed()
        if self._meeting.tracks.get(self._sid) is self:
            del self._meeting.tracks[self._sid]

    def spoke(self, first_sample: int, end_sample: int) -> None:
        """That stretch is this speaker's own, without any leak: so loud is this speaker."""
        if self._levels is not None:
            first, end = _hops(first_sample, end_sample)
            self._own_db.append(_level_db(self._levels.read(first, end)))

    def own(self, first_sample: int, end_sample: int) -> Own:
        """Which part of that stretch of this track is not another track's sound. About 3 ms."""
        everything = Own(first_sample=first_sample, end_sample=end_sample)
        first, end = _hops(first_sample, end_sample)
        after = min(AROUND_HOPS, max(self._heard_hops() - end, 0))
        levels = {
            sid: track._levels.read(first - AROUND_HOPS - MARGIN_HOPS, end + after + MARGIN_HOPS)
            for sid, track in self._meeting.tracks.items()
            if track._levels is not None
        }
        levels = {
            sid: one
            for sid, one in levels.items()
            if sid == self._sid or total(one).max() > SPEAKING_DB
        }
        if self._sid not in levels or len(levels) == 1:
            return everything
        found = find_leaks(self._sid, levels, MARGIN_HOPS)
        leaks = self._believed(found)
        if not found:
            return everything
        noise_db = noise(levels[self._sid][:-MARGIN_HOPS])  # the last of it was not heard yet
        # The sound around tells that there is a leak; whether this is one, only its own hops do.
        levels = {sid: one[AROUND_HOPS : len(one) - after] for sid, one in levels.items()}
        own = own_hops(self._sid, levels, leaks or found, MARGIN_HOPS, noise_db=noise_db)
        sources = tuple(leak.source for leak in found)
        if not leaks:
            return (
                replace(everything, sources=sources, doubtful=True) if own is None else everything
            )
        if own is not None:
            return stretch(everything, first, own, leaks)
        here = levels[self._sid][MARGIN_HOPS:-MARGIN_HOPS]
        return Own(
            first_sample=first_sample,
            end_sample=first_sample,
            sources=tuple(leak.source for leak in leaks),
            faint=self._is_faint(here, leaks),
        )

    def _believed(self, leaks: list[Leak]) -> list[Leak]:
        self._leaks |= {leak.source: leak for leak in leaks if leak.hops >= SURE_HOPS}
        return [leak for leak in leaks if self._is_known(leak)]

    def _is_known(self, leak: Leak) -> bool:
        known = self._leaks.get(leak.source)
        return (
            known is not None
            and abs(leak.lag_hops - known.lag_hops) <= SAME_WAY_HOPS
            and abs(leak.gain_db - known.gain_db) <= SAME_GAIN_DB
        )

    def _is_faint(self, here: Levels, leaks: list[Leak]) -> bool:
        long = len(here) >= SURE_HOPS
        if not long and max(leak.gain_db for leak in leaks) > FAINT_DB:
            return False
        # Who never spoke is compared with the source alone.
        usual = float(np.median(self._own_db)) if self._own_db else np.inf
        return _level_db(here) <= usual - (LONG_BELOW_USUAL_DB if long else BELOW_USUAL_DB)

    async def once_sure(self, own: Own, first_sample: int, end_sample: int) -> Own:
        """As `own`, when the doubtful source has said more, or said all; within the patience."""
        until = (end_sample + round(self._meeting.patience_sec * SAMPLE_RATE)) // HOP_SAMPLES
        self._meeting.waiting += 1
        try:
            async with self._meeting.patience():
                while self._heard_hops() < until and not all(
                    one.settled for one in self._sources_said(own, first_sample, end_sample)
                ):
                    await self._meeting.change()
        except TimeoutError:
            pass  # it is judged by what there is
        finally:
            self._meeting.waiting -= 1
        return self.own(first_sample, end_sample)

    def _heard_hops(self) -> int:
        return self._levels.end_sample // HOP_SAMPLES if self._levels is not None else 0

    async def repeats(self, own: Own, first_sample: int, end_sample: int, text: str) -> bool:
        """Whether the sources say that text in that time; waits for them while it isn't sure."""
        try:
            async with self._meeting.patience():
                while True:
                    said = list(self._sources_said(own, first_sample, end_sample))
                    if same_text(text, (one.text for one in said)):
                        return True
                    if all(one.settled for one in said):
                        return False
                    await self._meeting.change()
        except TimeoutError:
            return False

    def _sources_said(self, own: Own, first_sample: int, end_sample: int) -> Iterable[_Said]:
        reach = MARGIN_HOPS * HOP_SAMPLES
        for sid in own.sources:
            source = self._meeting.tracks.get(sid)
            for one in source._said.values() if source is not None else ():
                ended = one.end_sample if one.settled else end_sample
                if one.first_sample < end_sample + reach and ended > first_sample - reach:
                    yield one


def _hops(first_sample: int, end_sample: int) -> tuple[int, int]:
    return first_sample // HOP_SAMPLES, -(-end_sample // HOP_SAMPLES)


def _level_db(levels: Levels) -> float:
    return float(np.percentile(total(levels), LOUD_HOPS))
