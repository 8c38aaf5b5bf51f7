"""Figures of a measured point, from what was said, when it left, and what was shown when. Pure.

One rule for every system. Its last transcript is aligned word by word with what was said, and
each word belongs to the utterance whose word it stands for. The first text of an utterance has
come when the text on show reaches past all that belongs to the ones before it; its final has come
when committed text, which never changes again, covers its last word that was heard at all.
An utterance of which nothing was ever heard has a latency that never ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer

from greffier.bench.ranks import rank, seconds
from greffier.bench.track_script import Line

_normalise = BasicTextNormalizer()
_PAIRS = ("equal", "substitute")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a reader of one track sees from `moment` on: text that stays, and text that may not."""

    moment: float
    committed: str
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFigures:
    """One track: latencies in seconds, `math.inf` for what never came; errors of `words` words."""

    first_text_sec: tuple[float, ...]
    final_sec: tuple[float, ...]
    errors: int
    words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One system at one number of tracks. None: never came, or nothing to count.

    `cpu_s_per_audio_s` is the system's: its processes, and the generator where the system does
    part of its work there; `client_cpu_s_per_audio_s` is the generator's own, whatever it did.
    """

    system: str
    tracks: int
    utterances: int
    lost: int
    first_text_p50_s: float | None
    first_text_p95_s: float | None
    final_p50_s: float | None
    final_p95_s: float | None
    final_p99_s: float | None
    wer: float | None
    cpu_s_per_audio_s: float
    client_cpu_s_per_audio_s: float
    peak_mb: float
    late_p99_s: float
    valid: bool

    def holds(self, bar_sec: float) -> bool:
        """Whether the system was in time, and the generator too."""
        return self.valid and self.final_p95_s is not None and self.final_p95_s <= bar_sec

    def as_dict(self) -> dict[str, object]:
        """For the JSON report."""
        return asdict(self)


def track_figures(
    lines: Sequence[Line], sent: Callable[[int], float], shown: Sequence[Shown]
) -> TrackFigures:
    """Work out one track. `sent` gives the moment at which a sample of it left."""
    heard = words_of(f"{shown[-1].committed} {shown[-1].tail}") if shown else []
    said = [words_of(line.text) for line in lines]
    place, errors = _align([word for words in said for word in words], heard)
    committed = [(one.moment, len(words_of(one.committed))) for one in shown]
    on_show = [
        (one.moment, len(words_of(one.committed)) + len(words_of(one.tail))) for one in shown
    ]
    first: list[float] = []
    final: list[float] = []
    at = 0
    for line, words in zip(lines, said, strict=True):
        mine = [place[index] for index in range(at, at + len(words)) if index in place]
        at += len(words)
        begin, end = sent(line.first_sample), sent(line.end_sample)
        # Text can't belong to what has not begun, however long a guess about the last one was.
        since = [(moment, count) for moment, count in on_show if moment >= begin]
        first.append(_reached(since, min(mine) if mine else None, begin) - begin)
        final.append(_reached(committed, max(mine) if mine else None, end) - end)
    return TrackFigures(
        first_text_sec=tuple(first), final_sec=tuple(final), errors=errors, words=at
    )


def row(
    tracks: Sequence[TrackFigures],
    *,
    system: str,
    audio_sec: float,
    server_cpu_sec: float,
    client_cpu_sec: float,
    client_is_part: bool,
    peak_bytes: int,
    late_p99_sec: float,
    valid: bool,
) -> Row:
    """Put the tracks of one point together; `audio_sec` counts all tracks."""
    first = [one for track in tracks for one in track.first_text_sec]
    final = [one for track in tracks for one in track.final_sec]
    words = sum(track.words for track in tracks)
    cpu_sec = server_cpu_sec + (client_cpu_sec if client_is_part else 0.0)
    return Row(
        system=system,
        tracks=len(tracks),
        utterances=len(final),
        lost=sum(1 for one in final if math.isinf(one)),
        first_text_p50_s=seconds(rank(first, 50)),
        first_text_p95_s=seconds(rank(first, 95)),
        final_p50_s=seconds(rank(final, 50)),
        final_p95_s=seconds(rank(final, 95)),
        final_p99_s=seconds(rank(final, 99)),
        wer=round(sum(track.errors for track in tracks) / words, 4) if words else None,
        cpu_s_per_audio_s=round(cpu_sec / audio_sec, 4),
        client_cpu_s_per_audio_s=round(client_cpu_sec / audio_sec, 4),
        peak_mb=round(peak_bytes / 2**20, 1),
        late_p99_s=late_p99_sec,
        valid=valid,
    )


def errors_of(said: str, heard: str) -> tuple[int, int]:
    """Return the errors in what was heard, and how many words were said."""
    words = words_of(said)
    return _align(words, words_of(heard))[1], len(words)


def words_of(text: str) -> list[str]:
    """Return the words as they are compared: no case, no punctuation."""
    return str(_normalise(text)).split()


def _align(said: Sequence[str], heard: Sequence[str]) -> tuple[dict[int, int], int]:
    """Return which heard word stands for which said one, and the number of errors."""
    if not said or not heard:
        return {}, len(said) + len(heard)
    done = jiwer.process_words(" ".join(said), " ".join(heard))
    place = {
        chunk.ref_start_idx + step: chunk.hyp_start_idx + step
        for chunk in done.alignments[0]
        if chunk.type in _PAIRS
        for step in range(chunk.ref_end_idx - chunk.ref_start_idx)
    }
    return place, done.substitutions + done.deletions + done.insertions


def _reached(counts: Sequence[tuple[float, int]], word: int | None, earliest: float) -> float:
    """Return when `word` was first covered: not before `earliest`, `math.inf` if never."""
    if word is None:
        return math.inf
    return next((max(moment, earliest) for moment, count in counts if count > word), math.inf)
