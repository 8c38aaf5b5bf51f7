"""Memory that grows is told from memory that is flat."""

from __future__ import annotations

from greffier.bench.stress.live import Sample
from greffier.bench.stress.overload import growth


def samples(*memory_mb: float) -> list[Sample]:
    return [
        Sample(second=2.0 * at, memory_mb=mb, pressure=0, queued=0, partials=0, finals=0)
        for at, mb in enumerate(memory_mb)
    ]


def test_growth_is_that_of_the_last_quarter_over_the_second() -> None:
    """The first quarter is left out: caches fill there."""
    assert growth(samples(50, 60, 200, 200, 200, 200, 200, 200)) == 0.0
    assert growth(samples(50, 60, 200, 200, 220, 240, 300, 300)) == 0.5
    assert growth(samples(1, 2)) == 0.0
