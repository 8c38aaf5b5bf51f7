"""What all systems behind a WebSocket of their own have in common: one process at a free port."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from greffier.bench.systems.base import Place, not_installed
from greffier.bench.systems.process import ServerProcess
from greffier.ports import free_port
from greffier.supervisor import Program, Supervisor
from models.whisper.processor import KERNELS, choose_kernels


class Served:
    """Without its name, its settings and how it is started and asked: each system says those.

    `peer` is the environment it is installed in; None: our own.
    """

    client_is_part = False
    peer: str | None = None

    def __init__(self, place: Place) -> None:
        self._place = place
        self._server = ServerProcess()
        self._port = 0

    @property
    def missing(self) -> str | None:
        """Whether it has been installed."""
        return None if self.peer is None else not_installed(self.peer)

    @property
    def pids(self) -> Sequence[int]:
        """The server."""
        return self._server.pids

    async def stop(self) -> None:
        """Stop the server."""
        await self._server.stop()

    def _new_port(self) -> int:
        self._port = free_port(0)
        return self._port

    async def _serve(self, program: Program) -> None:
        program = replace(program, env=our_kernels(os.environ) | dict(program.env))
        await self._server.start(program, Supervisor(logs=self._place.folder, max_restarts=0))


def our_kernels(environ: Mapping[str, str]) -> dict[str, str]:
    """What tells a system's CTranslate2 to use the kernels that ours uses; by itself it may not."""
    chosen = {name: environ[name] for name in (KERNELS,) if name in environ}
    choose_kernels(chosen)
    return chosen
