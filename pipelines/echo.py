"""Echo: one speaker's voice in another's microphone must not become the other's words.

One `MeetingEcho` a meeting, one `TrackEcho` a track. An utterance is echo when all three agree:
its sound is another track's, later and weaker (`pipelines.leak`); that track speaks at that time;
and its text is in what that track is known to say by then, partial or final. Where an echo and
the speaker's own words are one utterance, only the own stretch of it is recognised.

The trade: an utterance whose sound says echo waits for the other track's text, for `PATIENCE_SEC`
at most; speech of one's own never waits. When the text doesn't come, the utterance is kept: two
lines of the same words do less harm than none.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from models.base import SAMPLE_RATE, Samples
from pipelines.band_levels import HOP_SAMPLES, BandLevels
from pipelines.leak import FEW_HOPS, LAG_HOPS, SPEAKING_DB, Leak, find_leaks, own_hops, total
from pipelines.segmenter import Utterance

PATIENCE_SEC = 1.0
MARGIN_HOPS = max(LAG_HOPS) + 2
COMPARED_HOPS = 50
"""A stretch under half a second is too short to tell a leak by: what is around it is compared, too.
"""
CUT_SAMPLES = round(0.4 * SAMPLE_RATE)
"""A shorter stretch of echo at an edge stays: it holds no word, and cutting could cost one."""
EDGE_SAMPLES = round(0.2 * SAMPLE_RATE)
"""Kept around the speaker's own stretch."""
IDLE_SAMPLES = 5 * SAMPLE_RATE
KEPT_SAMPLES = 45 * SAMPLE_RATE
SAME_WORDS = 0.4
SAME_LETTERS = 0.6
LETTERS_IN_A_ROW = 3
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The stretch of a track that is its speaker's own; empty (`all_echo`) if it is all leaked.

    `after_echo`: another's voice comes before it. Else its utterance keeps all of its pre-roll.
    """

    first_sample: int
    end_sample: int
    sources: tuple[str, ...] = ()
    after_echo: bool = False

    @property
    def all_echo(self) -> bool:
        """Whether nothing of it is the speaker's own, by its sound."""
        return self.end_sample <= self.first_sample

    def skip_samples(self, start_sample: int) -> int:
        """Samples from `start_sample` on that need not be heard: another's."""
        return max(self.first_sample - EDGE_SAMPLES - start_sample, 0) if self.after_echo else 0

    def cut(self, utterance: Utterance) -> Utterance:
        """The utterance with its speech bounded so, what comes after it left out."""
        end = min(utterance.end_sample, self.end_sample + EDGE_SAMPLES)
        if self.end_sample == utterance.speech_end_sample:
            end = utterance.end_sample
        return replace(
            utterance,
            speech_start_sample=self.first_sample,
            speech_end_sample=self.end_sample,
            end_sample=end,
            samples=utterance.samples[: end - utterance.start_sample],
        )


@dataclass(slots=True)
class _Said:
    first_sample: int
    end_sample: int
    text: str = ""
    settled: bool = False


class MeetingEcho:
    """What the tracks of a meeting must know of each other."""

    def __init__(self, patience_sec: float = PATIENCE_SEC) -> None:
        self.patience_sec = patience_sec
        self.tracks: dict[str, TrackEcho] = {}
        self._changed = asyncio.Event()

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

    def hear(self, samples: Samples, at_sample: int) -> None:
        """Take a frame's levels."""
        if self._levels is None:
            if not samples.any():
                return
            self._meeting.forget_idle(at_sample)
            self._levels = BandLevels()
        self._levels.push(samples, at_sample)

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

    def own(self, first_sample: int, end_sample: int) -> Own:
        """Which part of that stretch of this track is not another track's sound. About 2 ms."""
        everything = Own(first_sample=first_sample, end_sample=end_sample)
        first, end = first_sample // HOP_SAMPLES, -(-end_sample // HOP_SAMPLES)
        around = COMPARED_HOPS // 2 if end - first < FEW_HOPS else 0
        after = min(around, max(self._heard_hops() - end, 0))
        levels = {
            sid: track._levels.read(first - around - MARGIN_HOPS, end + after + MARGIN_HOPS)
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
        leaks = find_leaks(self._sid, levels, MARGIN_HOPS)
        if not leaks:
            return everything
        # The sound around tells that there is a leak; whether this is one, only its own hops do.
        levels = {sid: one[around : len(one) - after] for sid, one in levels.items()}
        own = own_hops(self._sid, levels, leaks, MARGIN_HOPS)
        return _stretch(everything, first, own, leaks)

    def _heard_hops(self) -> int:
        return self._levels.end_sample // HOP_SAMPLES if self._levels is not None else 0

    async def repeats(self, own: Own, first_sample: int, end_sample: int, text: str) -> bool:
        """Whether the sources say that text in that time; waits for them while it isn't sure."""
        try:
            async with asyncio.timeout(self._meeting.patience_sec):
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


def _stretch(whole: Own, first: int, own: tuple[int, int] | None, leaks: list[Leak]) -> Own:
    sources = tuple(leak.source for leak in leaks)
    if own is None:
        return Own(first_sample=whole.first_sample, end_sample=whole.first_sample, sources=sources)
    start, end = ((first + hop) * HOP_SAMPLES for hop in own)
    after_echo = start - whole.first_sample > CUT_SAMPLES
    return Own(
        first_sample=start if after_echo else whole.first_sample,
        end_sample=end if whole.end_sample - end > CUT_SAMPLES else whole.end_sample,
        sources=sources,
        after_echo=after_echo,
    )


def same_text(text: str, said: Iterable[str]) -> bool:
    """Whether most of `text` is in what was `said`: an echo is heard worse than its source."""
    words = _WORD.findall(text.casefold())
    known = [word for one in said for word in _WORD.findall(one.casefold())]
    if not words or not known:
        return False
    if _matching(known, words, 1) >= SAME_WORDS * len(words):
        return True
    letters, known_letters = " ".join(words), " ".join(known)
    return _matching(known_letters, letters, LETTERS_IN_A_ROW) >= SAME_LETTERS * len(letters)


def _matching(known: list[str] | str, heard: list[str] | str, at_least: int) -> int:
    blocks = SequenceMatcher(None, known, heard, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= at_least)
