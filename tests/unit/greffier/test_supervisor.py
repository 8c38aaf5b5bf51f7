"""Child processes: started in order, restarted, stopped, never left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from greffier.supervisor import ProcessFailed, Program, Supervisor

SLEEPER = (sys.executable, "-c", "import signal; signal.pause()")


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, at most 20 s."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)


async def test_a_program_that_cannot_start_says_why(tmp_path: Path) -> None:
    """One line, with what to look for."""
    supervisor = Supervisor(logs=tmp_path)
    with pytest.raises(ProcessFailed, match="nothing could not be started"):
        await supervisor.start(Program(name="nothing", argv=("/no/such/program",)))
    await supervisor.stop()


async def test_a_program_that_ends_at_once_is_quoted(tmp_path: Path) -> None:
    """Its last line is in the message; the log stays."""
    supervisor = Supervisor(logs=tmp_path)

    async def never() -> None:
        await asyncio.Event().wait()

    argv = (sys.executable, "-c", "raise SystemExit('port 1 is taken')")
    with pytest.raises(ProcessFailed, match="ended at once: port 1 is taken"):
        await supervisor.start(Program(name="one", argv=argv, ready=never))
    await supervisor.stop()


async def test_a_killed_program_is_started_again(tmp_path: Path) -> None:
    """kill -9 gives a new process under the same name."""
    supervisor = Supervisor(logs=tmp_path)
    await supervisor.start(Program(name="one", argv=SLEEPER))
    first = supervisor.pids["one"]
    os.kill(first, signal.SIGKILL)
    await until(lambda: supervisor.pids["one"] != first)
    second = supervisor.pids["one"]
    await supervisor.stop()
    assert not psutil.pid_exists(second)


async def test_a_program_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    """After the allowed restarts the failure is raised where the stack waits."""
    supervisor = Supervisor(logs=tmp_path, max_restarts=1)
    await supervisor.start(Program(name="one", argv=(sys.executable, "-c", "print('no use')")))
    with pytest.raises(ProcessFailed, match="one keeps dying: no use"):
        async with asyncio.timeout(20):
            await supervisor.failed
    await supervisor.stop()


async def test_stop_leaves_no_grandchild(tmp_path: Path) -> None:
    """A child's own children end with it, even if it ignores SIGTERM."""
    pid_file = tmp_path / "pid"
    script = (
        "import pathlib, signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid))\n"
        "signal.pause()\n"
    )
    supervisor = Supervisor(logs=tmp_path)
    program = Program(name="one", argv=(sys.executable, "-c", script), stop_sec=0.1)
    await supervisor.start(program)
    await until(lambda: pid_file.exists() and bool(pid_file.read_text()))
    grandchild = int(pid_file.read_text())
    await supervisor.stop()
    await until(
        lambda: (
            not psutil.pid_exists(grandchild)
            or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE
        )
    )
