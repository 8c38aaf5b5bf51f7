"""Lets the steps of a process begin, until it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from delivery.executors import StruckOff

_Value = TypeVar("_Value")


class StepGate:
    """`alive` is asked before each step: it raises StruckOff where another does this work."""

    def __init__(self, alive: Callable[[], Awaitable[None]]) -> None:
        self._alive = alive
        self._busy = 0
        self._stopping = False
        self.idle = asyncio.Event()
        """Set while no step runs: the moment to stop at."""
        self.idle.set()

    async def run(self, step: Coroutine[Any, Any, _Value]) -> _Value:
        """Run one step and its checkpoint. Once the process stops, no other step begins."""
        try:
            await self._alive()
        except StruckOff:
            self._stopping = True
        if self._stopping:
            step.close()
            await asyncio.Event().wait()
        self._busy += 1
        self.idle.clear()
        try:
            return await step
        finally:
            self._busy -= 1
            if self._busy == 0:
                self.idle.set()

    def stop(self) -> None:
        """Begin no further step; `idle` is set once those that run have their checkpoints."""
        self._stopping = True
