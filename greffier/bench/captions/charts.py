"""Pictures of a run, as SVG: errors and erasure of meetings, and time against stillness."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from greffier.bench.captions.outcome import Row, Trade

_GREEN, _GREY, _RED = "#0b6e4f", "#8a8a8a", "#c8553d"
_CADENCES = (_GREEN, "#4464ad", "#e0a458", "#7d4e9e")
_WIDTH, _LEFT, _ROW, _BAR = 760, 150, 24, 9
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:15px}"
    ".m{fill:#555;font-size:12px}.g{stroke:#ddd}.b{stroke:#b00020;stroke-dasharray:5 4}"
)
ERASURE_BAR = 0.1


def by_meeting(rows: Sequence[Row]) -> str:
    """Return bars: WER streamed and offline on the left, erasure with its bar on the right."""
    right = _WIDTH / 2 + 100
    wide = 220.0
    figures = [row.figures() for row in rows]
    offline = [row.best_offline_wer or 0.0 for row in rows]
    most = max([0.01, *(_value(one["wer"]) for one in figures), *offline])
    erased = max([ERASURE_BAR * 1.1, *(_value(one["normalised_erasure"]) for one in figures)])
    parts = [
        _text(_LEFT, 24, "Words wrong: streamed", "t"),
        _text(_LEFT + 180, 24, "(grey: offline)", "m"),
        _text(right, 24, "Normalised erasure", "t"),
    ]
    for number, (one, other) in enumerate(zip(figures, offline, strict=True)):
        y = 40 + number * _ROW
        wer, erasure = _value(one["wer"]), _value(one["normalised_erasure"])
        parts += [
            _text(_LEFT - 10, y + 13, str(one["name"]), anchor="end"),
            _bar(_LEFT, y, wide * wer / most, _GREEN),
            _bar(_LEFT, y + _BAR, wide * other / most, _GREY),
            _text(_LEFT + wide * max(wer, other) / most + 6, y + 13, f"{100 * wer:.1f}%", "m"),
            _bar(right, y + 3, wide * erasure / erased, _GREEN),
            _text(right + wide * erasure / erased + 6, y + 13, f"{erasure:.3f}", "m"),
        ]
    bottom = 44 + len(rows) * _ROW
    at = right + wide * ERASURE_BAR / erased
    parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="34" y2="{bottom}" class="b"/>')
    return _picture(bottom + 10, "Word error rate and erasure of each meeting", parts)


def trade_off(trades: Sequence[Trade]) -> str:
    """Return a line for each cadence: first text (p50) to the right, erasure upwards."""
    points = [
        (one, _value(figures["first_text_p50_s"]), _value(figures["normalised_erasure"]))
        for one in trades
        for figures in (one.row.figures(),)
    ]
    most_sec = max([1.0, *(sec for _, sec, _ in points)]) * 1.15
    most = max([ERASURE_BAR * 1.2, *(erasure for _, _, erasure in points)]) * 1.1
    left, base, wide, high = 70, 330, 520, 280

    def x(sec: float) -> float:
        return left + wide * sec / most_sec

    def y(erasure: float) -> float:
        return base - high * erasure / most

    parts = [
        _text(20, 24, "Normalised erasure, by first text (p50, seconds)", "t"),
        f'<line x1="{left}" x2="{left + wide}" y1="{base}" y2="{base}" class="g"/>',
        f'<line x1="{left}" x2="{left}" y1="{base}" y2="{base - high}" class="g"/>',
        f'<line x1="{left}" x2="{left + wide}" y1="{y(ERASURE_BAR):.1f}"'
        f' y2="{y(ERASURE_BAR):.1f}" class="b"/>',
        _text(left - 8, y(ERASURE_BAR) + 4, f"{ERASURE_BAR:g}", "m", "end"),
    ]
    for half in range(int(most_sec * 2) + 1):
        parts.append(_text(x(half / 2), base + 18, f"{half / 2:g}", "m", "middle"))
    cadences = dict.fromkeys(_cadence(one) for one in trades)
    for number, cadence in enumerate(cadences):
        colour = _CADENCES[number % len(_CADENCES)]
        mine = [point for point in points if _cadence(point[0]) == cadence]
        way = " ".join(f"{x(sec):.1f},{y(erasure):.1f}" for _, sec, erasure in mine)
        parts += [
            f'<polyline points="{way}" fill="none" stroke="{colour}"/>',
            f'<circle cx="{left + wide + 20}" cy="{60 + 22 * number}" r="4" fill="{colour}"/>',
            _text(left + wide + 30, 64 + 22 * number, cadence, "m"),
        ]
        for one, sec, erasure in mine:
            parts.append(_point(x(sec), y(erasure), colour, chosen=one.chosen))
    legend = 64 + 22 * len(cadences)
    parts += [
        _point(left + wide + 20, legend - 4, _GREY, chosen=True),
        _text(left + wide + 30, legend, "as set", "m"),
        _text(
            20, base + 42, "Along each line: all words, 1 held back, 2, confirmed words only.", "m"
        ),
    ]
    return _picture(base + 56, "First text against erasure", parts)


def _cadence(trade: Trade) -> str:
    return trade.name.partition(",")[0]


def _point(x: float, y: float, colour: str, *, chosen: bool) -> str:
    ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="{_RED}" stroke-width="2"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' + (ring if chosen else "")


def _value(value: object) -> float:
    return value if isinstance(value, float) else 0.0


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{_BAR - 1}"'
        f' fill="{colour}"/>'
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _picture(height: float, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}"'
        f' width="{_WIDTH}" height="{height:.0f}" role="img" aria-label="{escape(label)}">'
        f'<style>{_STYLE}</style><rect width="{_WIDTH}" height="{height:.0f}" fill="#fff"/>'
        + "".join(parts)
        + "</svg>\n"
    )
