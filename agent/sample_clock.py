"""Places a track's frames on meeting time. Pure: the meeting's time comes in as a number.

The origin is read at the first frame, and samples are counted from there, so that nothing tears
within an utterance. But a sender's clock, or the timer that paces the frames, is off by up to 100
millionths: 4.3 s in twelve hours. So the count is led back to the meeting's clock, slowly, where
nobody speaks: some samples of silence are filled in or left out. A frame may come late and never
early; the least delay of a while is what the two clocks differ by.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.events import SAMPLE_RATE

PAUSE_SEC = 0.5
"""A stream that gave nothing for this long goes on at the meeting clock's place.

LiveKit's streams give frames in silence, in mute and when packets are lost: this is a cut of ours.
"""
WHILE_SAMPLES = 10 * SAMPLE_RATE
"""The clocks are compared over this long: the worst jitter has a good moment in it."""
TOLERATED_SAMPLES = round(0.01 * SAMPLE_RATE)
URGENT_SAMPLES = round(0.04 * SAMPLE_RATE)
"""Off by so much, a sample a frame is filled in or left out even while somebody speaks: it can't be
heard, and a lecture without a pause would drift past what a reader sees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The frame's first sample in meeting time; `lost_from` when frames before it were dropped.

    `fill`: so many samples of silence come before the frame, at its place; below zero, so many of
    its own first samples are left out.
    """

    at_sample: int
    lost_from: int | None = None
    fill: int = 0


class SampleClock:
    """One track's position, from `floor_sample` on."""

    def __init__(self, floor_sample: int = 0) -> None:
        self._next: int | None = None
        self._floor = floor_sample
        self._error = 0
        self._compare()

    def place(
        self,
        samples: int,
        *,
        heard_sec: float,
        quiet: bool,
        dropped: int = 0,
        late: bool = False,
    ) -> Placed:
        """Place a frame of `samples` that was complete at meeting time `heard_sec`.

        `dropped`: we lost so many samples before it. `late`: the reader itself was held up, and
        what it missed may still be on its way; that is no pause of the stream. `quiet`: nobody
        speaks on this track.
        """
        now = round(heard_sec * SAMPLE_RATE) - samples
        heard = max(now, self._floor)
        expected = self._next
        lost_from, fill = None, 0
        if expected is None:
            at = heard
            self._compare()
        elif dropped:
            at, lost_from = expected + dropped, expected
            self._compare()
        elif heard - expected > PAUSE_SEC * SAMPLE_RATE and not late:
            at = heard
            self._compare()
        else:
            at = expected
            self._observe(now - expected, samples, late=late)
            fill = self._correction(samples, quiet=quiet)
        self._next = self._floor = at + samples + fill
        return Placed(at_sample=at, lost_from=lost_from, fill=fill)

    def restart(self) -> None:
        """The stream was interrupted (mute): the next frame is placed by the meeting's clock."""
        self._next = None

    def _compare(self) -> None:
        """Begin to compare the clocks anew."""
        self._least: int | None = None
        self._compared = 0

    def _observe(self, behind: int, samples: int, *, late: bool) -> None:
        if not late:
            self._least = behind if self._least is None else min(self._least, behind)
        self._compared += samples
        if self._compared >= WHILE_SAMPLES:
            if self._least is not None:
                self._error = self._least if abs(self._least) > TOLERATED_SAMPLES else 0
            self._compare()

    def _correction(self, samples: int, *, quiet: bool) -> int:
        if self._error == 0 or (not quiet and abs(self._error) < URGENT_SAMPLES):
            return 0
        most = samples if quiet else 1
        fill = max(-most, min(most, self._error))
        self._error -= fill
        if self._least is not None:
            self._least -= fill  # what was seen in this while was seen before the correction
        return fill
