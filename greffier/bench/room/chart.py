"""The picture of a room's costs, as SVG: the worker's CPU, and latency, by participants."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from greffier.bench.room.figures import RoomRow

_WIDTH, _LEFT, _RIGHT = 760, 70, 190
_PLOT, _GAP = 200, 80
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:15px}"
    ".m{fill:#555}.g{stroke:#ddd}.b{stroke:#b00020;stroke-dasharray:5 4}"
)
Series = tuple[str, str, Callable[[RoomRow], float | None]]
_CPU: tuple[Series, ...] = (
    ("all quiet", "#0b6e4f", lambda row: row.worker_quiet_cores * 100),
    ("some speaking", "#4464ad", lambda row: row.worker_cores * 100),
)
_LATENCY: tuple[Series, ...] = (
    ("first text p50", "#8a8a8a", lambda row: row.first_text_p50_s),
    ("final p50", "#e0a458", lambda row: row.final_p50_s),
    ("final p95", "#c8553d", lambda row: row.final_p95_s),
)


def draw(rows: Sequence[RoomRow], goal_cores: float) -> str:
    """Return the SVG; the dashed line is what silent participants may cost, from the first row."""
    height = 2 * (_PLOT + _GAP) + 20
    first = rows[0]
    parts = _plot(rows, 20, "The worker, in per cent of one core, by participants", _CPU)
    top, most = _scale(rows, _CPU)
    y = _across(20, top)
    goal = [
        first.worker_quiet_cores * 100,
        (first.worker_quiet_cores + goal_cores * (most - first.participants)) * 100,
    ]
    if max(goal) <= top:
        x = [_x(first.participants, most), _x(most, most)]
        parts.append(
            f'<line x1="{x[0]:.1f}" y1="{y(goal[0]):.1f}" x2="{x[1]:.1f}" y2="{y(goal[1]):.1f}"'
            ' class="b"/>'
        )
        parts.append(_text(x[1] + 8, y(goal[1]) + 4, f"goal: {goal_cores:.1%} each", "m"))
    parts += _plot(rows, 20 + _PLOT + _GAP, "Captions, in seconds, by participants", _LATENCY)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" role="img"'
        ' aria-label="CPU of the worker and latency of captions, by participants">'
        f'<style>{_STYLE}</style><rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        + "".join(parts)
        + "</svg>\n"
    )


def _plot(rows: Sequence[RoomRow], at: float, title: str, series: Sequence[Series]) -> list[str]:
    top, most = _scale(rows, series)
    y = _across(at, top)
    parts = [_text(20, at + 8, title, "t")]
    for step in range(5):
        at_step = top * step / 4
        height = f"{y(at_step):.1f}"
        parts.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{height}" y2="{height}" class="g"/>'
        )
        parts.append(_text(_LEFT - 8, y(at_step) + 4, f"{at_step:g}", "m", "end"))
    for row in rows:
        label = str(row.participants)
        parts.append(_text(_x(row.participants, most), y(0) + 18, label, "m", "middle"))
    for number, (name, colour, value_of) in enumerate(series):
        points = [
            (_x(row.participants, most), y(value))
            for row in rows
            if (value := value_of(row)) is not None
        ]
        joined = " ".join(f"{left:.1f},{up:.1f}" for left, up in points)
        parts.append(
            f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        parts += [
            f'<circle cx="{left:.1f}" cy="{up:.1f}" r="3.5" fill="{colour}"/>'
            for left, up in points
        ]
        key = at + 34 + number * 20
        beside = _WIDTH - _RIGHT + 60
        parts.append(f'<rect x="{beside}" y="{key - 9}" width="12" height="4" fill="{colour}"/>')
        parts.append(_text(beside + 18, key - 2, name))
    return parts


def _scale(rows: Sequence[RoomRow], series: Sequence[Series]) -> tuple[float, int]:
    """The top of the picture, a round number, and the most participants."""
    values = [value for row in rows for *_, of in series if (value := of(row)) is not None]
    highest = max(values, default=1.0) or 1.0
    step = 10 ** math.floor(math.log10(highest))
    return math.ceil(highest / step) * step, max(row.participants for row in rows)


def _x(participants: int, most: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * participants / most


def _across(at: float, top: float) -> Callable[[float], float]:
    return lambda value: at + 24 + _PLOT * (1 - value / top)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )
