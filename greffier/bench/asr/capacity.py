"""The most tracks that hold: doubling until one number doesn't, then halving the gap. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator

from greffier.bench.figures import Row

LIMIT = 256
FIRST = 2
FINENESS = 8
"""The search ends when the gap is an eighth of what holds, or one track."""


def search(first: int = FIRST, limit: int = LIMIT) -> Generator[int, bool, int]:
    """Yield numbers to try, be told whether each held, return the greatest that did (or 0)."""
    held, failed, number = 0, limit + 1, min(first, limit)
    while failed == limit + 1 and held < limit:
        if (yield number):
            held, number = number, min(number * 2, limit)
        else:
            failed = number
    while failed - held > max(1, held // FINENESS):
        middle = (held + failed) // 2
        if (yield middle):
            held = middle
        else:
            failed = middle
    return held


async def find_capacity(
    measure: Callable[[int], Awaitable[Row]],
    *,
    bar_sec: float,
    first: int = FIRST,
    limit: int = LIMIT,
) -> tuple[int, list[Row]]:
    """Measure until the capacity is known; return it with every row measured on the way."""
    rows: list[Row] = []
    steps = search(first, limit)
    number = next(steps)
    while True:
        rows.append(await measure(number))
        try:
            number = steps.send(rows[-1].holds(bar_sec))
        except StopIteration as done:
            return int(done.value), rows
