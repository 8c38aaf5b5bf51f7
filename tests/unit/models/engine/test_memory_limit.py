from __future__ import annotations

import pytest

from models.engine.memory_limit import KEPT_SEC, MemoryLimit, is_out_of_memory


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("CUDA failed with error out of memory"), True),
        (RuntimeError("cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED"), True),
        (MemoryError(), True),
        (RuntimeError("std::bad_alloc: bad allocation"), True),
        (RuntimeError("CUDA failed with error an illegal memory access was encountered"), False),
        (ValueError("prompts differ in length"), False),
    ],
)
def test_running_out_of_memory_is_told_from_a_broken_device(
    error: Exception, expected: bool
) -> None:
    assert is_out_of_memory(error) is expected


def test_the_limit_is_half_of_what_failed_in_seconds_of_window() -> None:
    """Sixteen windows of 8 s failed: eight of them may go, four of 16 s, one of 30 s at least."""
    limit = MemoryLimit()
    assert limit.items(8, 0.0) is None
    limit.exceeded(16, 8, 0.0)
    assert [limit.items(window, 1.0) for window in (8, 16, 30)] == [8, 4, 2]
    limit.exceeded(2, 8, 2.0)
    assert limit.items(30, 3.0) == 1


def test_the_limit_is_kept_for_a_while_and_goes_away_by_doubling() -> None:
    limit = MemoryLimit()
    limit.exceeded(2, 30, 0.0)
    assert limit.window_sec(KEPT_SEC - 1) == 30
    assert limit.window_sec(KEPT_SEC) == 60
    assert limit.window_sec(2 * KEPT_SEC) == 120
    assert limit.window_sec(100 * KEPT_SEC) is None
