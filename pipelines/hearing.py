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

    def ask(number: int, answer: float | None) -> Asked | None:
        try:
            return next(tracks[number]) if answer is None else tracks[number].send(answer)
        except StopIteration:
            return None
        except Exception as failure:  # noqa: BLE001 - whatever it was, the others go on
            failures[number] = failure
            return None

    waiting = {n: asked for n in range(len(tracks)) if (asked := ask(n, None)) is not None}
    while waiting:
        answers = zip(waiting, detect(list(waiting.values())), strict=True)
        waiting = {n: asked for n, answer in answers if (asked := ask(n, answer)) is not None}
    return failures
