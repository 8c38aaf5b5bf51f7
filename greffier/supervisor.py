"""Child processes on one machine: started in order, watched, restarted, stopped in order.

No child outlives its parent: each is in a process group of its own (so Ctrl-C reaches only
the parent, which then stops them one by one), and the kernel ends it if the parent is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProcessFailed(Exception):
    """A part of the stack did not start, or keeps dying; the message quotes its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run. `ready` returns once it serves; `stop_sec` is what a clean stop may take."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], Awaitable[None]] | None = None
    ready_sec: float = 120.0
    stop_sec: float = 15.0


def _die_with_parent() -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Runs programs; a program that dies is started again, up to `max_restarts` a minute."""

    def __init__(self, *, logs: Path, max_restarts: int = 20) -> None:
        self._logs = logs
        self._max_restarts = max_restarts
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._programs: dict[str, Program] = {}
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._stopping = False
        self.failed = asyncio.get_running_loop().create_future()
        """Raises ProcessFailed once a program is given up."""

    @property
    def pids(self) -> dict[str, int]:
        """Process id by program name, as it is now."""
        return {name: process.pid for name, process in self._running.items()}

    async def start(self, program: Program) -> None:
        """Start one program and wait until it is ready. Raises ProcessFailed."""
        self._programs[program.name] = program
        process = await self._spawn(program)
        if program.ready is not None:
            await self._until_ready(program, process)
        self._watchers[program.name] = asyncio.create_task(self._watch(program))

    async def stop(self) -> None:
        """Stop all, the last started first: SIGTERM, then SIGKILL to the whole group."""
        self._stopping = True
        for watcher in self._watchers.values():
            watcher.cancel()
        for name in reversed(list(self._programs)):
            process = self._running.pop(name, None)
            if process is not None:
                await _end(process, self._programs[name].stop_sec)
        if not self.failed.done():
            self.failed.cancel()

    async def _spawn(self, program: Program) -> asyncio.subprocess.Process:
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{program.name}.log").open("ab") as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *program.argv,
                    env={**os.environ, **program.env},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_die_with_parent,
                )
            except OSError as error:
                raise ProcessFailed(f"{program.name} could not be started: {error}") from error
        self._running[program.name] = process
        return process

    async def _until_ready(self, program: Program, process: asyncio.subprocess.Process) -> None:
        assert program.ready is not None
        ready = asyncio.ensure_future(program.ready())
        died = asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait(
                {ready, died}, timeout=program.ready_sec, return_when=asyncio.FIRST_COMPLETED
            )
            if not ready.done() or process.returncode is not None:
                what = "ended at once" if process.returncode is not None else "is not ready in time"
                raise ProcessFailed(f"{program.name} {what}{self._last_words(program.name)}")
            ready.result()
        finally:
            for task in (ready, died):
                task.cancel()
            await asyncio.gather(ready, died, return_exceptions=True)

    async def _watch(self, program: Program) -> None:
        deaths: list[float] = []
        while True:
            process = self._running[program.name]
            await process.wait()
            deaths = [t for t in deaths if t > time.monotonic() - 60] + [time.monotonic()]
            if len(deaths) > self._max_restarts:
                if not self.failed.done():
                    self.failed.set_exception(
                        ProcessFailed(f"{program.name} keeps dying{self._last_words(program.name)}")
                    )
                return
            await asyncio.sleep(min(0.1 * 2 ** (len(deaths) - 1), 5.0))
            await self._spawn(program)

    def _last_words(self, name: str) -> str:
        path = self._logs / f"{name}.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        said = next((line for line in reversed(lines) if line.strip()), "")
        return f": {said} (whole log: {path})" if said else f" (log: {path})"


async def _end(process: asyncio.subprocess.Process, patience_sec: float) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), patience_sec)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
