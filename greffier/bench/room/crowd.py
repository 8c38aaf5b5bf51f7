"""Processes full of participants, from the bench's side."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from greffier.bench.room.participants import Manner, Person, Sent, order
from greffier.supervisor import ProcessFailed

PEOPLE_A_PROCESS = 25
LEAVE_SEC = 10.0
_LIMIT = 64 * 2**20


class Crowd:
    """An async context: inside it, all have joined. Who speaks has processes of their own."""

    def __init__(self, url: str, people: Sequence[Person], *, log: Path) -> None:
        self._url = url
        self._log = log
        self._groups = [
            part
            for manner in (True, False)
            for part in _parts([one for one in people if (one.manner is Manner.SPEAKING) is manner])
        ]
        self._processes: list[asyncio.subprocess.Process] = []

    @property
    def pids(self) -> list[int]:
        """Their processes."""
        return [process.pid for process in self._processes]

    async def __aenter__(self) -> Self:
        try:
            with self._log.open("ab") as log:
                for group in self._groups:
                    process = await asyncio.create_subprocess_exec(
                        sys.executable,
                        "-m",
                        "greffier.bench.room.participants",
                        stdin=asyncio.subprocess.PIPE,
                        stdout=asyncio.subprocess.PIPE,
                        stderr=log,
                        limit=_LIMIT,
                    )
                    self._processes.append(process)
                    self._tell(process, order(self._url, group))
            await asyncio.gather(*(self._answer(process) for process in self._processes))
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
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        leaving = [asyncio.create_task(process.wait()) for process in self._processes]
        if leaving:
            await asyncio.wait(leaving, timeout=LEAVE_SEC)
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def speak(self, start: float) -> list[Sent]:
        """Let those who speak begin at the moment `start`; return when their tracks left."""
        for process in self._processes:
            self._tell(process, json.dumps({"start": start}))
        answers = await asyncio.gather(*(self._answer(process) for process in self._processes))
        return [Sent(**sent) for answer in answers for sent in answer["sent"]]

    @staticmethod
    def _tell(process: asyncio.subprocess.Process, line: str) -> None:
        assert process.stdin is not None
        process.stdin.write(line.encode() + b"\n")

    async def _answer(self, process: asyncio.subprocess.Process) -> dict[str, Any]:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line:
            raise ProcessFailed(f"participants could not join; what they said: {self._log}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _parts(people: Sequence[Person]) -> list[Sequence[Person]]:
    return [people[at : at + PEOPLE_A_PROCESS] for at in range(0, len(people), PEOPLE_A_PROCESS)]
