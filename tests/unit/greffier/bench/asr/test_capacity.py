"""The search: finds the edge, in few steps, and never asks twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from greffier.bench.asr.capacity import FINENESS, find_capacity, search
from greffier.bench.figures import Row
from tests.unit.greffier.bench.made import row


def walk(edge: int, *, first: int = 2, limit: int = 256) -> tuple[int, list[int]]:
    """Search where up to `edge` tracks hold."""
    steps, asked = search(first, limit), []
    number = next(steps)
    while True:
        asked.append(number)
        try:
            number = steps.send(number <= edge)
        except StopIteration as done:
            return done.value, asked


@given(edge=st.integers(0, 300), first=st.integers(1, 20), limit=st.integers(1, 256))
def test_it_ends_at_the_edge(edge: int, first: int, limit: int) -> None:
    """What it returns was measured and held; the next within its fineness was not held."""
    found, asked = walk(edge, first=first, limit=limit)
    assert found <= edge
    assert found == 0 or found in asked
    assert min(edge, limit) - found < max(1, found // FINENESS)
    assert len(asked) == len(set(asked))
    assert all(1 <= number <= limit for number in asked)


def test_small_capacities_are_exact_and_cheap() -> None:
    assert walk(0) == (0, [2, 1])
    assert walk(1) == (1, [2, 1])
    assert walk(4) == (4, [2, 4, 8, 6, 5])
    assert walk(13) == (13, [2, 4, 8, 16, 12, 14, 13])


async def test_rows_are_kept_and_judged_by_the_bar() -> None:
    """An invalid point does not hold, whatever its latency."""

    async def measure(number: int) -> Row:
        return row(number, 0.4 * number, valid=number != 3)

    capacity, rows = await find_capacity(measure, bar_sec=1.5)
    assert capacity == 2
    assert [one.tracks for one in rows] == [2, 4, 3]
