"""What all systems of a bench are given alike."""

from __future__ import annotations

from greffier.bench.systems.served import our_kernels
from models.whisper.processor import KERNELS, choose_kernels


def test_others_decode_with_the_kernels_that_ours_does() -> None:
    """What is chosen for this processor, or what was set by hand."""
    ours: dict[str, str] = {}
    choose_kernels(ours)
    assert our_kernels({"PATH": "/bin"}) == ours
    assert our_kernels({KERNELS: "AVX2"}) == {KERNELS: "AVX2"}
