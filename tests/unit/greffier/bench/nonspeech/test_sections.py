from __future__ import annotations

import numpy as np

from greffier.bench.nonspeech.sections import KINDS, SECTION_SEC, nonspeech
from models.base import SAMPLE_RATE


def test_the_same_seed_gives_the_same_sound() -> None:
    """A figure that was measured can be measured again; another seed gives other sound."""
    first, again, other = (
        np.concatenate([section.samples for section in nonspeech(20, seed)]) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first[: len(other)], other[: len(first)])


def test_it_lasts_as_long_as_asked_and_holds_every_kind() -> None:
    """Each kind has its turn; samples are in range, finite and never clipped."""
    seconds = len(KINDS) * SECTION_SEC * 1.3
    sections = list(nonspeech(seconds, 3))
    assert sum(len(one.samples) for one in sections) == round(seconds * SAMPLE_RATE)
    assert {one.kind for one in sections} == set(KINDS)
    for one in sections:
        assert np.isfinite(one.samples).all()
        assert np.abs(one.samples).max() < 1.0
        assert one.samples.any() == (one.kind != "silence")
