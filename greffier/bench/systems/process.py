"""One server process, watched: it may not die, and is not started again."""

from __future__ import annotations

from collections.abc import Sequence

from greffier.supervisor import Program, Supervisor


class ServerProcess:
    """Starts and stops one program, again and again."""

    def __init__(self) -> None:
        self._supervisor: Supervisor | None = None

    @property
    def pids(self) -> Sequence[int]:
        """The process while it runs."""
        return () if self._supervisor is None else tuple(self._supervisor.pids.values())

    async def start(self, program: Program, supervisor: Supervisor) -> None:
        """Start it and wait until it serves. Raises ProcessFailed."""
        self._supervisor = supervisor
        await supervisor.start(program)

    async def stop(self) -> None:
        """End it; raises ProcessFailed if it had died by itself: its figures are worth nothing."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        died = supervisor.failed.exception() if supervisor.failed.done() else None
        await supervisor.stop()
        if died is not None:
            raise died
