"""When each line that was said came to the reader: first text, confirmed, final. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from greffier.bench.captions.meeting import SaidLine
from greffier.bench.captions.play import PlayedTrack, Shown
from greffier.bench.figures import Shown as OnScreen
from greffier.bench.figures import TrackFigures, track_figures
from greffier.bench.track_script import Line
from models.base import SAMPLE_RATE
from pipelines.events import PartialCaption, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Seconds for each line said, `math.inf` for what never came.

    `first_text` counts from the line's first word, the others from the end of its last one:
    `confirmed` until its words can't change any more, `final` until the line is closed.
    """

    first_text: tuple[float, ...] = ()
    confirmed: tuple[float, ...] = ()
    final: tuple[float, ...] = ()

    def __add__(self, other: Latencies) -> Latencies:
        return Latencies(
            first_text=self.first_text + other.first_text,
            confirmed=self.confirmed + other.confirmed,
            final=self.final + other.final,
        )


def latencies(played: PlayedTrack) -> Latencies:
    """Work out one track whose lines have times."""
    lines = [_line(line) for line in played.track.lines]
    by_final = _figures(lines, _screens(played.shown, confirmed=False))
    by_confirmed = _figures(lines, _screens(played.shown, confirmed=True))
    return Latencies(
        first_text=by_final.first_text_sec,
        confirmed=by_confirmed.final_sec,
        final=by_final.final_sec,
    )


def _line(line: SaidLine) -> Line:
    assert line.end_sec is not None
    return Line(
        text=line.text,
        first_sample=round(line.start_sec * SAMPLE_RATE),
        end_sample=round(line.end_sec * SAMPLE_RATE),
    )


def _figures(lines: Sequence[Line], screens: Sequence[OnScreen]) -> TrackFigures:
    return track_figures(lines, lambda sample: sample / SAMPLE_RATE, screens)


def _screens(shown: Iterable[Shown], *, confirmed: bool) -> list[OnScreen]:
    """What is on the screen after each event: finals, then the open line.

    `confirmed`: the open line's confirmed words count as committed.
    """
    finals: list[str] = []
    screens: list[OnScreen] = []
    for one in shown:
        stable, tail = "", ""
        match one.event:
            case Segment(text=text):
                finals.append(text)
            case PartialCaption() as event:
                stable, tail = (event.stable, event.tail) if confirmed else ("", event.text)
            case _:
                pass
        committed = " ".join([*finals, stable]).strip()
        screens.append(OnScreen(moment=one.moment_sec, committed=committed, tail=tail))
    return screens
