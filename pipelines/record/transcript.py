"""The record's lines in meeting order: who spoke when, what is missing, and how complete it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from storage.line import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptSpeaker:
    """One identity. `label` is unique in the meeting, so that two of one name stay apart.

    `spoken_ms` is the length of what was transcribed, `missing_ms` that of the gaps.
    """

    identity: str
    label: str
    segments: int
    spoken_ms: int
    missing_ms: int

    @property
    def completeness(self) -> float:
        """Share of this person's time on the record, 0 to 1.

        A gap counts whole: what was said in it is not known.
        """
        total = self.spoken_ms + self.missing_ms
        return 1.0 if total == 0 else self.spoken_ms / total


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Consecutive segments of one person; a gap, or another person, ends it."""

    speaker: TranscriptSpeaker
    segments: tuple[Line, ...]

    @property
    def start_ms(self) -> int:
        """Meeting time of its first segment."""
        return self.segments[0].start_ms

    @property
    def text(self) -> str:
        """What was said, as one paragraph."""
        return " ".join(line.text for line in self.segments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A meeting's lines by `start_ms`, then `seq`. `languages`: the most spoken first."""

    lines: tuple[Line, ...]
    speakers: tuple[TranscriptSpeaker, ...]
    languages: tuple[str, ...]

    @property
    def segments(self) -> tuple[Line, ...]:
        """The lines that hold speech."""
        return tuple(line for line in self.lines if line.reason is None)

    @property
    def gaps(self) -> tuple[Line, ...]:
        """The intervals that were not transcribed, each with its reason."""
        return tuple(line for line in self.lines if line.reason is not None)

    @property
    def completeness(self) -> float:
        """The same as for one speaker, over all of them."""
        spoken = sum(one.spoken_ms for one in self.speakers)
        missing = sum(one.missing_ms for one in self.speakers)
        return 1.0 if spoken + missing == 0 else spoken / (spoken + missing)

    def speaker(self, identity: str) -> TranscriptSpeaker:
        """The speaker of a line. Raises KeyError for an identity that is not in the meeting."""
        for one in self.speakers:
            if one.identity == identity:
                return one
        raise KeyError(identity)

    def turns(self) -> list[Turn | Line]:
        """What a reader reads, in order: turns, and gaps as their lines."""
        pieces: list[Turn | Line] = []
        for (identity, is_gap), group in groupby(
            self.lines, key=lambda line: (line.identity, line.reason is not None)
        ):
            if is_gap:
                pieces.extend(group)
            else:
                pieces.append(Turn(speaker=self.speaker(identity), segments=tuple(group)))
        return pieces


def build(lines: Iterable[Line], participants: Mapping[str, str]) -> Transcript:
    """Put the record's lines in order. `participants`: name by identity, in order of joining.

    People who said nothing are speakers with no segments: they were there.
    """
    ordered = tuple(sorted(lines, key=lambda line: (line.start_ms, line.seq)))
    names = dict(participants)
    for line in ordered:
        names[line.identity] = names.get(line.identity) or line.name
    labels = _labels(names)
    spoken: dict[str, int] = {}
    for line in ordered:
        if line.reason is None and line.language:
            spoken[line.language] = spoken.get(line.language, 0) + line.end_ms - line.start_ms
    return Transcript(
        lines=ordered,
        speakers=tuple(_speaker(identity, labels[identity], ordered) for identity in names),
        languages=tuple(sorted(spoken, key=lambda language: (-spoken[language], language))),
    )


def _speaker(identity: str, label: str, lines: tuple[Line, ...]) -> TranscriptSpeaker:
    own = [line for line in lines if line.identity == identity]
    return TranscriptSpeaker(
        identity=identity,
        label=label,
        segments=sum(line.reason is None for line in own),
        spoken_ms=_covered_ms(line for line in own if line.reason is None),
        missing_ms=_covered_ms(line for line in own if line.reason is not None),
    )


def _covered_ms(lines: Iterable[Line]) -> int:
    """Length of the union: two tracks of one person must not count a moment twice."""
    total, reached = 0, 0
    for line in lines:
        start = max(line.start_ms, reached)
        total += max(0, line.end_ms - start)
        reached = max(reached, line.end_ms)
    return total


def _labels(names: Mapping[str, str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for identity, name in names.items():
        plain = " ".join(unicodedata.normalize("NFC", name).split()) or identity
        label, number = plain, 1
        while label.casefold() in taken:
            number += 1
            label = f"{plain} ({number})"
        taken.add(label.casefold())
        labels[identity] = label
    return labels
