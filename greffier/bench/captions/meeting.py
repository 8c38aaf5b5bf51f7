"""A meeting to be captioned: what every track sounds like, and what is truly said. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from greffier.demo.script import ScriptWord
from models.base import SAMPLE_RATE, Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidLine:
    """What one person says without another sentence between; times in seconds of the meeting.

    `words` is empty where only the line's own times are known; `end_sec` None: not even those.
    `language` is empty where nobody said which it is.
    """

    speaker: str
    language: str
    text: str
    start_sec: float
    end_sec: float | None
    words: tuple[ScriptWord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidTrack:
    """One microphone: float32 samples at 16 kHz, read-only, and its lines in order of time."""

    identity: str
    samples: Samples
    lines: tuple[SaidLine, ...]

    @property
    def seconds(self) -> float:
        """How long the track is."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidMeeting:
    """All tracks of one meeting. `kind` says in words what is special about it."""

    name: str
    kind: str
    languages: tuple[str, ...]
    tracks: tuple[SaidTrack, ...]

    @property
    def seconds(self) -> float:
        """How long the meeting is."""
        return max(track.seconds for track in self.tracks)

    @property
    def timed(self) -> bool:
        """Whether it is known when each line is said."""
        return all(line.end_sec is not None for track in self.tracks for line in track.lines)
