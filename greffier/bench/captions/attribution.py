"""Word error rates of whole meetings by meeteval: who said it counts, when it was said counts.

meeteval compiles C++, so it is in the bench's own requirements; without it this module says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from greffier.bench.captions.play import Played
from greffier.bench.captions.words import words_of

COLLAR_SEC = 5.0
MISSING = "meeteval is not installed: run `sh setup/python.sh bench` for cpWER, tcpWER and ORC-WER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Errors of `words` said words. cp: each word by its speaker; tcp: and within 5 s of its time;
    orc: whoever is said to have said it. `cp_errors − orc_errors` is the cost of attribution.
    """

    words: int = 0
    cp_errors: int = 0
    tcp_errors: int | None = 0
    orc_errors: int = 0

    def __add__(self, other: Attribution) -> Attribution:
        timed = self.tcp_errors is not None and other.tcp_errors is not None
        return Attribution(
            words=self.words + other.words,
            cp_errors=self.cp_errors + other.cp_errors,
            tcp_errors=(self.tcp_errors or 0) + (other.tcp_errors or 0) if timed else None,
            orc_errors=self.orc_errors + other.orc_errors,
        )


def missing() -> str | None:
    """What to do to have these figures; None if all is there."""
    return None if find_spec("meeteval") else MISSING


def attribution(played: Played) -> Attribution:
    """Work out one meeting. Raises ImportError without meeteval."""
    import meeteval  # noqa: PLC0415 - optional, see the top

    timed = played.meeting.timed
    said = meeteval.io.SegLST(list(_said(played)))
    heard = meeteval.io.SegLST(list(_heard(played)))
    by_speaker = _one(meeteval.wer.cpwer(said, heard))
    in_time = _one(meeteval.wer.tcpwer(said, heard, collar=COLLAR_SEC)) if timed else None
    # The exact one takes time without end for more than a few speakers; it is never above this.
    whoever = _one(meeteval.wer.greedy_orcwer(said, heard))
    return Attribution(
        words=by_speaker.length,
        cp_errors=by_speaker.errors,
        tcp_errors=None if in_time is None else in_time.errors,
        orc_errors=whoever.errors,
    )


def _one(by_session: dict[str, Any]) -> Any:
    (one,) = by_session.values()
    return one


def _said(played: Played) -> Iterable[dict[str, Any]]:
    for track in played.tracks:
        for line in track.track.lines:
            yield _row(line.speaker, line.start_sec, line.end_sec, words_of(line.text))


def _heard(played: Played) -> Iterable[dict[str, Any]]:
    for track in played.tracks:
        for one in track.segments:
            yield _row(
                one.speaker.identity, one.start_ms / 1000, one.end_ms / 1000, words_of(one.text)
            )


def _row(
    speaker: str, start_sec: float, end_sec: float | None, words: Sequence[str]
) -> dict[str, Any]:
    return {
        "session_id": "meeting",
        "speaker": speaker,
        "start_time": start_sec,
        "end_time": start_sec if end_sec is None else max(end_sec, start_sec + 0.01),
        "words": " ".join(words),
    }
