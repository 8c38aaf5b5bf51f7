"""The process that is all participants, from the bench's side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from greffier.bench.room.participants import Person, Sent, order, program
from greffier.supervisor import ProcessFailed

LEAVE_SEC = 10.0
_LIMIT = 64 * 2**20


class Crowd:
    """An async context: inside it, all have joined."""

    def __init__(self, url: str, people: Sequence[Person], *, log: Path) -> None:
        self._order = order(url, people)
        self._log = log
        self._process: asyncio.subprocess.Process

    @property
    def pids(self) -> list[int]:
        """Their process."""
        return [self._process.pid]

    async def __aenter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                program(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LIMIT,
            )
        try:
            await self._ask(self._order)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), LEAVE_SEC)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def speak(self, start: float) -> list[Sent]:
        """Let those who speak begin at the moment `start`; return when their tracks left."""
        answer = await self._ask(json.dumps({"start": start}))
        return [Sent(**sent) for sent in answer["sent"]]

    async def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        answer = await self._process.stdout.readline()
        if not answer:
            raise ProcessFailed(f"participants could not join; what they said: {self._log}")
        values: dict[str, Any] = json.loads(answer)
        return values
