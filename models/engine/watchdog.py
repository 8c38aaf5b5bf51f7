"""Ends the process when the model hangs: a decode that never returns can't be interrupted.

The supervisor starts the process again, and the clients send what was not answered.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger("greffier.asr")
EXIT_HUNG = 75
"""The process's exit status then; sysexits.h's EX_TEMPFAIL."""
LOOK_EVERY_SEC = 1.0


def end_process(limit_sec: float) -> None:
    """Say where every thread is, and end at once: nothing else stops a hung GPU call."""
    log.critical("a decode hangs; the process ends and is started again", limit_sec=limit_sec)
    faulthandler.dump_traceback()
    os._exit(EXIT_HUNG)


class Watchdog:
    """Watches one thread's work. `end` is called from a thread of its own, with the limit."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        end: Callable[[float], None] = end_process,
    ) -> None:
        self._clock = clock
        self._end = end
        self._watched: tuple[float, float] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asr-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    @contextmanager
    def limit(self, sec: float) -> Iterator[None]:
        """What is done inside may take so long."""
        self._watched = (self._clock() + sec, sec)
        try:
            yield
        finally:
            self._watched = None

    def look(self) -> None:
        """Call `end` if the time is over."""
        watched = self._watched
        if watched is not None and self._clock() > watched[0]:
            self._end(watched[1])

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_SEC):
            self.look()
