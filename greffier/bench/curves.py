"""Curves over one axis, each in a band of its own, as SVG in the house style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT = 760, 70, 30
BAND, GAP = 130, 52
COLOUR = "#0b6e4f"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:15px}"
    ".m{fill:#555}.g{stroke:#ddd}.b{stroke:#b00020;stroke-dasharray:5 4}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One band: points (x, y) with a title; `marks` are x where something happened."""

    title: str
    points: Sequence[tuple[float, float]]
    marks: Sequence[float] = ()
    bounds: Sequence[float] = ()
    """Values that are to be kept, as dashed lines."""


def draw_curves(curves: Sequence[Curve], *, label: str, axis: str) -> str:
    """Return the SVG; every band begins at 0, and all share the x axis."""
    most = max((x for curve in curves for x, _ in curve.points), default=1.0) or 1.0
    height = len(curves) * (BAND + GAP) + 40
    parts = []
    for number, curve in enumerate(curves):
        parts += _band(curve, top=number * (BAND + GAP) + GAP - 10, most=most)
    bottom = height - 14
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, bottom, axis, "m", "middle"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-label="{escape(label)}"><style>{STYLE}</style>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>' + "".join(parts) + "</svg>\n"
    )


def _band(curve: Curve, *, top: float, most: float) -> list[str]:
    highest = max([*(y for _, y in curve.points), *curve.bounds, 1e-9])

    def across(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * value / most

    def down(value: float) -> float:
        return top + BAND - BAND * value / highest

    parts = [_text(20, top - 8, curve.title, "t")]
    for share in (0.0, 0.5, 1.0):
        y = down(highest * share)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="g"/>'
        )
        parts.append(_text(LEFT - 8, y + 4, f"{highest * share:.3g}", "m", "end"))
    for bound in curve.bounds:
        y = down(bound)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="b"/>'
        )
    for mark in curve.marks:
        x = across(mark)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + BAND}" class="b"/>')
    line = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in curve.points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{COLOUR}" stroke-width="2"/>')
    for share in (0.0, 0.5, 1.0):
        parts.append(
            _text(across(most * share), top + BAND + 18, f"{most * share:.4g}", "m", "middle")
        )
    return parts


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
    )
