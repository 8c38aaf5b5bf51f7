"""How large a batch may be once the device has run out of memory. Pure: times are given."""

from __future__ import annotations

KEPT_SEC = 120.0
"""After so long without trouble the limit doubles: what took the memory may be gone."""
NO_LIMIT_SEC = 256 * 30
"""The largest batch there is."""
SAID = ("out of memory", "bad allocation", "alloc_failed")
"""CUDA's words, the C++ library's and cuBLAS's."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the device, or this machine, has no memory left for what was asked."""
    return isinstance(error, MemoryError) or any(said in str(error).lower() for said in SAID)


class MemoryLimit:
    """Counted in seconds of window, which is what a batch's memory grows with."""

    def __init__(self) -> None:
        self._window_sec: float | None = None
        self._since_sec = 0.0

    def exceeded(self, items: int, window_sec: float, now_sec: float) -> None:
        """A batch of so many items was too much: half of it is the limit."""
        self._window_sec = max(items // 2, 1) * window_sec
        self._since_sec = now_sec

    def window_sec(self, now_sec: float) -> float | None:
        """Return the limit as it is now, or None."""
        while self._window_sec is not None and now_sec - self._since_sec >= KEPT_SEC:
            doubled = 2 * self._window_sec
            self._window_sec = doubled if doubled < NO_LIMIT_SEC else None
            self._since_sec += KEPT_SEC
        return self._window_sec

    def items(self, window_sec: float, now_sec: float) -> int | None:
        """Return how many items of such a window a batch may have, one at least; None: any."""
        limit = self.window_sec(now_sec)
        return None if limit is None else max(int(limit / window_sec), 1)
