"""Rules of models.whisper.processor: what is told of the machine; what an operator set stays."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from models.whisper.processor import (
    ALLOCATOR,
    KEPT_BYTES,
    KERNELS,
    WIDE,
    choose_kernels,
    keep_memory,
)


def info(folder: Path, *flags: str) -> Path:
    file = folder / "cpuinfo"
    file.write_text(f"processor : 0\nflags\t\t: fpu {' '.join(flags)} sse\n", encoding="utf-8")
    return file


def test_wide_kernels_are_chosen_where_they_pay(tmp_path: Path) -> None:
    """With all flags; an older processor, or one that says nothing, keeps CTranslate2's choice."""
    for flags, chosen in ((WIDE, {KERNELS: "AVX512"}), (WIDE - {"avx512_vbmi2"}, {})):
        environ: dict[str, str] = {}
        choose_kernels(environ, info(tmp_path, *flags))
        assert environ == chosen
    choose_kernels(environ, tmp_path / "nowhere")
    assert not environ


def test_kernels_that_an_operator_set_stay(tmp_path: Path) -> None:
    """Whatever the processor can do."""
    environ = {KERNELS: "AVX2"}
    choose_kernels(environ, info(tmp_path, *WIDE))
    assert environ == {KERNELS: "AVX2"}


def test_both_limits_of_the_allocator_are_set() -> None:
    """One alone would freeze the other."""
    told: list[tuple[int, int]] = []

    def mallopt(limit: int, size: int) -> int:
        told.append((limit, size))
        return 1

    assert keep_memory({}, lambda _: SimpleNamespace(mallopt=mallopt))
    assert told == [(-1, KEPT_BYTES), (-3, KEPT_BYTES)]


@pytest.mark.parametrize("name", ALLOCATOR)
def test_an_allocator_that_an_operator_set_stays(name: str) -> None:
    """Nothing is told."""
    assert not keep_memory({name: "1"}, lambda _: SimpleNamespace(mallopt=pytest.fail))


def test_another_c_library_is_left_alone() -> None:
    """It has no such call."""
    assert not keep_memory({}, lambda _: SimpleNamespace())
