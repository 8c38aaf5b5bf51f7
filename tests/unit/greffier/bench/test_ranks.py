"""Percentiles with latencies that never ended."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greffier.bench.ranks import rank, seconds


def test_what_never_came_counts_but_spoils_nothing() -> None:
    """One of twenty is beyond p95; two of twenty are not."""
    once = [1.0] * 19 + [math.inf]
    assert (rank(once, 50), rank(once, 95), rank(once, 99)) == (1.0, 1.0, math.inf)
    assert rank([1.0] * 18 + [math.inf] * 2, 95) == math.inf


@given(st.lists(st.floats(0, 100) | st.just(math.inf), min_size=1), st.floats(0, 100))
def test_a_rank_is_a_value_that_enough_values_do_not_exceed(values: list[float], q: float) -> None:
    found = rank(values, q)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * q / 100 * (1 - 1e-9)


@pytest.mark.parametrize(
    ("value", "told"), [(None, None), (math.inf, None), (1.23456, 1.235), (0.0, 0.0)]
)
def test_endless_is_none_outside(value: float | None, told: float | None) -> None:
    assert seconds(value) == told


def test_nothing_has_no_rank() -> None:
    assert rank([], 95) is None
