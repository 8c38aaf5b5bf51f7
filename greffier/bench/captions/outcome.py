"""What a run found: one row a meeting, the same row for all of them, and what it took. Values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from greffier.bench.captions.accuracy import Accuracy
from greffier.bench.captions.attribution import Attribution
from greffier.bench.captions.latency import Latencies
from greffier.bench.captions.stability import Stability
from greffier.bench.ranks import rank, seconds

OFFLINE = ("true_cuts", "short_chunks", "whole_track")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All figures of one meeting, or of many. None: not measured.

    `offline`: by way of reading, errors in the same words as `accuracy.words`. `loaded`: latencies
    with decoding taking the time it took; `latencies`: with none at all.
    """

    name: str
    kind: str
    seconds: float
    accuracy: Accuracy
    stability: Stability
    latencies: Latencies
    loaded: Latencies | None = None
    attribution: Attribution | None = None
    offline: Mapping[str, int] = field(default_factory=dict)
    partials: int = 0
    finals: int = 0
    decode_sec: float = 0.0

    def figures(self) -> dict[str, object]:
        """For the JSON: named figures, rates as parts of one, times in seconds."""
        right, still = self.accuracy, self.stability
        return {
            "name": self.name,
            "kind": self.kind,
            "seconds": round(self.seconds, 1),
            "words": right.words,
            "wer": _part(right.errors, right.words),
            **self._offline(),
            **self._attribution(),
            **_ranks("", self.latencies),
            **({} if self.loaded is None else _ranks("loaded_", self.loaded)),
            "normalised_erasure": _part(still.erased, still.final_words),
            "normalised_erasure_verbatim": _part(still.erased_verbatim, still.final_words),
            "corrections_a_word": _part(still.corrected, still.final_words),
            "confirmed_words": still.confirmed,
            "confirmed_words_changed": still.confirmed_changed,
            "shortest_between_partials_s": seconds(still.shortest_gap_sec),
            "hallucinated_words": right.hallucinated_words,
            "hallucinated_words_an_hour": _part(right.hallucinated_words, right.track_sec / 3600),
            "speech_s": round(right.speech_sec, 1),
            "missed_speech_s": round(right.missed_sec, 2),
            "finals": right.finals,
            "language_errors": right.language_errors,
            "negations": right.negations,
            "negations_wrong": right.negations_wrong,
            "numbers": right.numbers,
            "numbers_wrong": right.numbers_wrong,
            "names": right.names,
            "names_wrong": right.names_wrong,
            "partials_decoded": self.partials,
            "finals_decoded": self.finals,
            "decode_s": round(self.decode_sec, 2),
        }

    @property
    def best_offline_wer(self) -> float | None:
        """The best of the offline readings."""
        errors = min(self.offline.values(), default=None)
        return _part(errors, self.accuracy.words)

    def _offline(self) -> dict[str, object]:
        return {
            f"offline_{name}_wer": _part(self.offline.get(name), self.accuracy.words)
            for name in OFFLINE
        }

    def _attribution(self) -> dict[str, object]:
        one = self.attribution
        if one is None:
            return {"cpwer": None, "tcpwer": None, "orcwer": None}
        return {
            "cpwer": _part(one.cp_errors, one.words),
            "tcpwer": _part(one.tcp_errors, one.words),
            "orcwer": _part(one.orc_errors, one.words),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One way to show partials: what it costs in time and gives in stillness."""

    name: str
    chosen: bool
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A whole run. `webrtc`: the demo's report. `notes`: what was not measured, and why."""

    command: str
    date: str
    model: str
    speech: str
    seed: int
    machine: Mapping[str, str]
    settings: Mapping[str, str]
    rows: tuple[Row, ...]
    trades: tuple[Trade, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    webrtc: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Row:
        """All meetings together."""
        return together(self.rows)


def together(rows: Sequence[Row], *, name: str = "all") -> Row:
    """Return one row for many: words, errors and latencies of all of them."""
    loaded = [one.loaded for one in rows if one.loaded is not None]
    attributed = [one.attribution for one in rows if one.attribution is not None]
    return Row(
        name=name,
        kind=f"{len(rows)} meetings",
        seconds=sum(one.seconds for one in rows),
        accuracy=sum((one.accuracy for one in rows), Accuracy()),
        stability=sum((one.stability for one in rows), Stability()),
        latencies=sum((one.latencies for one in rows), Latencies()),
        loaded=sum(loaded, Latencies()) if loaded else None,
        attribution=sum(attributed, Attribution()) if attributed else None,
        # A way that some meeting could not be read in has no figure for all of them.
        offline={
            way: sum(one.offline[way] for one in rows)
            for way in OFFLINE
            if all(way in one.offline for one in rows)
        },
        partials=sum(one.partials for one in rows),
        finals=sum(one.finals for one in rows),
        decode_sec=sum(one.decode_sec for one in rows),
    )


def _part(count: float | None, of: float | None) -> float | None:
    return None if count is None or not of else round(count / of, 5)


def _ranks(prefix: str, latencies: Latencies) -> dict[str, object]:
    kinds = {
        "first_text": latencies.first_text,
        "confirmed": latencies.confirmed,
        "final": latencies.final,
    }
    return {
        f"{prefix}{kind}_p{q}_s": seconds(rank(values, q))
        for kind, values in kinds.items()
        for q in (50, 95, 99)
    }
