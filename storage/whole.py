"""Transactions that are brought to their end, whatever becomes of who waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def whole(
    method: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Run `method` as a task of its own; a cancelled caller still waits until it is over.

    Cancelled in the middle, aiosqlite leaves BEGIN to its thread and the connection holds the write
    lock for ever: everybody else then gets "database is locked".
    """

    @wraps(method)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        task = asyncio.ensure_future(method(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()  # taken note of: nobody is there to hear it
            raise

    return run
