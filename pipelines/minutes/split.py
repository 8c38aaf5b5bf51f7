"""A long meeting in parts that fit the LLM's context, cut between segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

CHARACTERS_PER_TOKEN = 3.0
"""Low on purpose: French has about 3.5, and too long a prompt is refused as a whole."""


def tokens_of(text: str) -> int:
    """About how many tokens `text` is, rather too many than too few."""
    return int(len(text) / CHARACTERS_PER_TOKEN) + 1


def split(items: Iterable[T], *, cost: Callable[[T], int], budget: int) -> list[list[T]]:
    """Consecutive groups whose costs sum to `budget` at most.

    One item above the budget is a group of its own: nothing is left out here.
    """
    groups: list[list[T]] = []
    room = 0
    for item in items:
        price = cost(item)
        if not groups or price > room:
            groups.append([])
            room = budget
        groups[-1].append(item)
        room -= price
    return groups
