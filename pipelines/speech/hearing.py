"""Runs what asks for probabilities of speech: one track alone, or many with one inference a round.

A track is a generator: it yields a window with its detector, and is sent the probability. What
it does with the answer is its own matter, and the same however the answer was found.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeVar

from models.base import Asked, Detect

T = TypeVar("T")
Steps = Generator[Asked, float, T]


def hear_alone(steps: Steps[T]) -> T:
    """Run one track; return what it returns."""
    try:
        detector, window = next(steps)
        while True:
            detector, window = steps.send(detector.probability(window))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]


def hear_together(tracks: Sequence[Steps[None]], detect: Detect) -> list[Exception | None]:
    """Run tracks side by side: in each round the next window of each is answered in one batch.

    One track's failure ends that track alone: it is returned in its place. What `detect` raises
    is raised.
    """
    failures: list[Exception | None] = [None] * len(tracks)
    waiting: Sequence[int] = range(len(tracks))
    answers: Sequence[float | None] = [None] * len(tracks)
    while waiting:
        asking: list[int] = []
        asked: list[Asked] = []
        for number, answer in zip(waiting, answers, strict=True):
            try:
                # A generator that has not begun takes None, and nothing else.
                asked.append(tracks[number].send(answer))  # type: ignore[arg-type]
            except StopIteration:
                continue
            except Exception as failure:  # noqa: BLE001 - whatever it was, the others go on
                failures[number] = failure
                continue
            asking.append(number)
        waiting, answers = asking, detect(asked) if asked else ()
    return failures
