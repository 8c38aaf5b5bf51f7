"""The picture of a run, as SVG: how many tracks each system holds, and its latency on the way."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from greffier.bench.asr.outcome import BAR_SEC, Measured

_COLOURS = ("#0b6e4f", "#8a8a8a", "#c8553d", "#e0a458", "#4464ad", "#7d4e9e")
_WIDTH, _LEFT, _RIGHT = 760, 170, 40
_BAR, _ROW = 20, 32
_PLOT = 240
_TOP_SEC = 4.0
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:15px}"
    ".m{fill:#555}.g{stroke:#ddd}.b{stroke:#b00020;stroke-dasharray:5 4}"
)


def draw(systems: Sequence[Measured]) -> str:
    """Return the SVG. Latencies above the picture's top, or that never ended, lie on its edge."""
    bars = [one for one in systems if one.capacity is not None]
    split = 40 + _ROW * len(bars) + 20 if bars else 10
    height = split + _PLOT + 110
    parts = [*_bars(bars), *_lines(systems, split)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" role="img"'
        ' aria-label="Tracks held by each system, and latency of finals by tracks">'
        f'<style>{_STYLE}</style><rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        + "".join(parts)
        + "</svg>\n"
    )


def _bars(systems: Sequence[Measured]) -> list[str]:
    if not systems:
        return []
    most = max([1, *(one.capacity or 0 for one in systems)])
    parts = [_text(20, 26, f"Speaking tracks held, p95 of finals ≤ {BAR_SEC} s", "t")]
    for number, one in enumerate(systems):
        y = 42 + number * _ROW
        width = (_WIDTH - _LEFT - _RIGHT - 30) * (one.capacity or 0) / most
        parts += [
            _text(_LEFT - 10, y + 15, one.system, anchor="end"),
            f'<rect x="{_LEFT}" y="{y}" width="{max(width, 1):.1f}" height="{_BAR}"'
            f' fill="{_colour(number)}"/>',
            _text(_LEFT + width + 8, y + 15, str(one.capacity)),
        ]
    return parts


def _lines(systems: Sequence[Measured], top: float) -> list[str]:
    most = max((row.tracks for one in systems for row in one.rows), default=1)
    base = top + 40 + _PLOT
    left, right = 60, _WIDTH - _RIGHT - 130

    def x(tracks: int) -> float:
        return left + (right - left) * tracks / most

    def y(seconds: float | None) -> float:
        return base - _PLOT * min(_TOP_SEC if seconds is None else seconds, _TOP_SEC) / _TOP_SEC

    parts = [_text(20, top + 22, "p95 of finals in seconds, by speaking tracks", "t")]
    for second in range(int(_TOP_SEC) + 1):
        parts.append(_rule(left, right, y(second), "g"))
        label = f"≥ {second}" if second == _TOP_SEC else str(second)
        parts.append(_text(left - 8, y(second) + 4, label, "m", "end"))
    parts.append(_rule(left, right, y(BAR_SEC), "b"))
    # Eight labels at most: the points of all systems lie too close for a label each.
    every = next(step for step in (1, 2, 5, 10, 20, 50, 100) if most <= 8 * step or step == 100)
    for tracks in range(0, most + 1, every):
        parts.append(_text(x(tracks), base + 18, str(tracks), "m", "middle"))
    for number, one in enumerate(systems):
        rows = sorted(one.rows, key=lambda row: row.tracks)
        points = [f"{x(row.tracks):.1f},{y(row.final_p95_s):.1f}" for row in rows]
        colour = _colour(number)
        parts.append(
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}"'
            ' stroke-width="2"/>'
        )
        for point in points:
            horizontal, _, vertical = point.partition(",")
            parts.append(f'<circle cx="{horizontal}" cy="{vertical}" r="3.5" fill="{colour}"/>')
        key = top + 50 + number * 20
        parts.append(
            f'<rect x="{right + 14}" y="{key - 9}" width="12" height="4" fill="{colour}"/>'
        )
        parts.append(_text(right + 32, key - 2, one.system))
    return parts


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _rule(left: float, right: float, y: float, kind: str) -> str:
    return f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" class="{kind}"/>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )
