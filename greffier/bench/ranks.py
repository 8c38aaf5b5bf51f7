"""Percentiles of latencies, some of which never ended. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence


def rank(values: Sequence[float], q: float) -> float | None:
    """Return the smallest value that at least `q` per cent of the values don't exceed.

    No value is interpolated: `math.inf`, what never came, would spoil its neighbours.
    None of nothing.
    """
    if not values:
        return None
    return sorted(values)[max(math.ceil(len(values) * q / 100) - 1, 0)]


def seconds(value: float | None) -> float | None:
    """Return it rounded to milliseconds; None if it is none, or never ended."""
    return None if value is None or math.isinf(value) else round(value, 3)
