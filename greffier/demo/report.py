"""The figures of a played meeting, from what was sent and what the reader got. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import jiwer
import numpy as np
from whisper_normalizer.basic import BasicTextNormalizer

from greffier.demo.script import ScriptWord, Turn
from greffier.demo.viewer import Caption

_normalise = BasicTextNormalizer()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerFigures:
    """One speaker's line of the table; latencies in seconds, None where nothing was said."""

    name: str
    wer: float
    words: int
    utterances: int
    first_text_p50_s: float | None
    first_text_p95_s: float | None
    final_p50_s: float | None
    final_p95_s: float | None
    finals_shown: int
    finals_recorded: int
    gaps: int

    def as_dict(self) -> dict[str, object]:
        """For report.json."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One utterance at the reader: first text, final, and the words of the script it covers."""

    first: Caption
    final: Caption
    words: tuple[ScriptWord, ...]


def figures(
    *,
    name: str,
    turns: Sequence[Turn],
    captions: Sequence[Caption],
    recorded_ids: Sequence[str],
    sent: Callable[[float], float],
    zero: float,
) -> tuple[SpeakerFigures, list[Heard]]:
    """One speaker's figures.

    `turns` and `captions` are this speaker's alone. `sent` gives the loop time at which a
    second of the track left, `zero` the loop time of meeting time 0.
    """
    finals = [one for one in captions if one.final and not one.gap and one.text]
    heard = _heard(turns, captions, finals, sent, zero)
    first = [one.first.moment - sent(one.words[0].start_sec) for one in heard if one.words]
    final = [one.final.moment - sent(one.words[-1].end_sec) for one in heard if one.words]
    reference = _normalise(" ".join(turn.text for turn in turns))
    ordered = sorted(finals, key=lambda one: one.start_ms)
    hypothesis = _normalise(" ".join(one.text for one in ordered))
    return SpeakerFigures(
        name=name,
        wer=round(word_error_rate(reference, hypothesis), 4),
        words=len(reference.split()),
        utterances=len(heard),
        first_text_p50_s=percentile(first, 50),
        first_text_p95_s=percentile(first, 95),
        final_p50_s=percentile(final, 50),
        final_p95_s=percentile(final, 95),
        finals_shown=len({one.segment_id for one in finals}),
        finals_recorded=len(recorded_ids),
        gaps=sum(1 for one in captions if one.gap),
    ), heard


def word_error_rate(reference: str, hypothesis: str) -> float:
    """WER of normalised texts; with an empty reference, 0 if nothing was heard, else 1."""
    if not reference.strip():
        return float(bool(hypothesis.strip()))
    return float(jiwer.wer(reference, hypothesis))


def percentile(values: Sequence[float], q: float) -> float | None:
    """Rounded to milliseconds; None of nothing."""
    return round(float(np.percentile(values, q)), 3) if values else None


def overall(
    speakers: Sequence[SpeakerFigures],
    heard: Mapping[str, Sequence[Heard]],
    sent: Mapping[str, Callable[[float], float]],
) -> dict[str, float | None]:
    """The meeting's figures: WER weighted by words, latencies over all utterances."""
    first = [
        one.first.moment - sent[identity](one.words[0].start_sec)
        for identity, several in heard.items()
        for one in several
        if one.words
    ]
    final = [
        one.final.moment - sent[identity](one.words[-1].end_sec)
        for identity, several in heard.items()
        for one in several
        if one.words
    ]
    words = sum(one.words for one in speakers)
    return {
        "wer": round(sum(one.wer * one.words for one in speakers) / words, 4) if words else None,
        "first_text_p50_s": percentile(first, 50),
        "first_text_p95_s": percentile(first, 95),
        "final_p50_s": percentile(final, 50),
        "final_p95_s": percentile(final, 95),
        # A final that covers no word of the script was said by nobody.
        "ghosts": float(sum(1 for several in heard.values() for one in several if not one.words)),
    }


def _heard(
    turns: Sequence[Turn],
    captions: Sequence[Caption],
    finals: Sequence[Caption],
    sent: Callable[[float], float],
    zero: float,
) -> list[Heard]:
    """Give each scripted word to the final whose interval is nearest to it in time."""
    firsts: dict[str, Caption] = {}
    for caption in captions:
        if caption.text:
            firsts.setdefault(caption.segment_id, caption)
    words_of: dict[str, list[ScriptWord]] = {one.segment_id: [] for one in finals}
    for word in (word for turn in turns for word in turn.words):
        middle_ms = (sent((word.start_sec + word.end_sec) / 2) - zero) * 1000
        nearest = min(finals, key=lambda one: _distance(middle_ms, one), default=None)
        if nearest is not None and _distance(middle_ms, nearest) < 1000:
            words_of[nearest.segment_id].append(word)
    return [
        Heard(
            first=firsts[one.segment_id],
            final=one,
            words=tuple(sorted(words_of[one.segment_id], key=lambda word: word.start_sec)),
        )
        for one in finals
    ]


def _distance(moment_ms: float, caption: Caption) -> float:
    return max(caption.start_ms - moment_ms, moment_ms - caption.end_ms, 0.0)
