"""What the captions got wrong, for one track at a time: words, and the kinds that matter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from greffier.bench.captions.meeting import SaidLine
from greffier.bench.captions.play import PlayedTrack
from greffier.bench.captions.words import Aligned, align, is_negation, is_number, names_in, words_of
from pipelines.events import Segment

NEAR_SEC = 0.5
"""A word this near to speech may still be a reading of it."""
COVER_SEC = 0.3
"""A final covers that much around itself: detectors end speech a little early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Counts; add them up over tracks. `*_wrong`: said and not heard, or heard and not said.

    `hallucinated_words`: words of finals at times at which nobody spoke on the track.
    `missed_sec`: speech that no final covers. `language_errors`: finals in another language than
    what was said then.
    """

    words: int = 0
    errors: int = 0
    hallucinated_words: int = 0
    track_sec: float = 0.0
    speech_sec: float = 0.0
    missed_sec: float = 0.0
    finals: int = 0
    language_errors: int = 0
    negations: int = 0
    negations_wrong: int = 0
    numbers: int = 0
    numbers_wrong: int = 0
    names: int = 0
    names_wrong: int = 0

    def __add__(self, other: Accuracy) -> Accuracy:
        return Accuracy(
            **{
                one.name: getattr(self, one.name) + getattr(other, one.name)
                for one in fields(Accuracy)
            }
        )

    @property
    def wer(self) -> float | None:
        """Word error rate, tracks taken together."""
        return self.errors / self.words if self.words else None


def accuracy(played: PlayedTrack, *, timed: bool) -> Accuracy:
    """Count over one track. What needs times is left at 0 where the lines have none."""
    lines, segments = played.track.lines, played.segments
    aligned = align(
        [word for line in lines for word in words_of(line.text)],
        [word for segment in segments for word in words_of(segment.text)],
    )
    names = frozenset(name for line in lines for name in names_in(line.text))
    negations, numbers, called = (
        _kind(aligned, is_negation),
        _kind(aligned, is_number),
        _kind(aligned, names.__contains__),
    )
    spoken = [(line.start_sec, line.end_sec) for line in lines if line.end_sec is not None]
    return Accuracy(
        words=len(aligned.said),
        errors=aligned.errors,
        hallucinated_words=_hallucinated(segments, spoken) if timed else 0,
        track_sec=played.track.seconds,
        speech_sec=_length(_joined(spoken)),
        missed_sec=_missed(spoken, segments) if timed else 0.0,
        finals=len(segments),
        language_errors=sum(_is_other_language(one, lines) for one in segments) if timed else 0,
        negations=negations[0],
        negations_wrong=negations[1],
        numbers=numbers[0],
        numbers_wrong=numbers[1],
        names=called[0],
        names_wrong=called[1],
    )


def _kind(aligned: Aligned, belongs: Callable[[str], bool]) -> tuple[int, int]:
    said = [at for at, word in enumerate(aligned.said) if belongs(word)]
    lost = sum(at in aligned.wrong for at in said)
    invented = sum(belongs(aligned.heard[at]) for at in aligned.extra)
    return len(said), lost + invented


def _hallucinated(segments: Sequence[Segment], spoken: Sequence[tuple[float, float]]) -> int:
    """A final without times of words counts whole, at its own times."""
    count = 0
    for segment in segments:
        times = [(word.text, word.start_ms, word.end_ms) for word in segment.words]
        for text, start_ms, end_ms in times or [(segment.text, segment.start_ms, segment.end_ms)]:
            first, last = start_ms / 1000 - NEAR_SEC, end_ms / 1000 + NEAR_SEC
            if not any(begin < last and end > first for begin, end in spoken):
                count += len(words_of(text))
    return count


def _missed(spoken: Sequence[tuple[float, float]], segments: Sequence[Segment]) -> float:
    covered = _joined(
        [(one.start_ms / 1000 - COVER_SEC, one.end_ms / 1000 + COVER_SEC) for one in segments]
    )
    speech = _joined(spoken)
    both = sum(
        max(min(end, last) - max(begin, first), 0.0)
        for begin, end in speech
        for first, last in covered
    )
    return _length(speech) - both


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((begin, end))
    return out


def _length(spans: Sequence[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in spans)


def _is_other_language(segment: Segment, lines: Sequence[SaidLine]) -> bool:
    def shared(line: SaidLine) -> float:
        end = line.end_sec or line.start_sec
        return min(end, segment.end_ms / 1000) - max(line.start_sec, segment.start_ms / 1000)

    said = {line.language for line in lines if line.language and shared(line) > 0}
    return bool(said) and segment.language not in said
