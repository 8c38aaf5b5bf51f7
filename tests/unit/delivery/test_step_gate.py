"""When a step of the delivery may begin."""

from __future__ import annotations

import asyncio

import pytest

from delivery.executors import StruckOff
from delivery.step_gate import StepGate


class Step:
    """A step that waits until it is let go."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def run(self) -> str:
        self.begun.set()
        await self.go.wait()
        return "done"


async def alive() -> None:
    return None


async def struck_off() -> None:
    raise StruckOff


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_it_is_idle_while_no_step_runs() -> None:
    gate, step = StepGate(alive), Step()
    assert gate.idle.is_set()
    running = asyncio.create_task(gate.run(step.run()))
    await step.begun.wait()
    assert not gate.idle.is_set()
    step.go.set()
    assert await running == "done"
    assert gate.idle.is_set()


async def test_a_step_that_fails_leaves_it_idle() -> None:
    async def fails() -> None:
        raise ValueError

    gate = StepGate(alive)
    with pytest.raises(ValueError):  # noqa: PT011 - its own error, as it was
        await gate.run(fails())
    assert gate.idle.is_set()


async def test_once_stopped_running_steps_end_and_none_begins() -> None:
    gate, first, second = StepGate(alive), Step(), Step()
    running = asyncio.create_task(gate.run(first.run()))
    await first.begun.wait()
    gate.stop()
    waiting = asyncio.create_task(gate.run(second.run()))
    await settle()
    assert not second.begun.is_set()
    first.go.set()
    assert await running == "done"
    await gate.idle.wait()
    assert not waiting.done(), "neither done nor failed: the next process goes on with it"
    waiting.cancel()


async def test_who_is_struck_off_begins_nothing_ever_again() -> None:
    gate, step = StepGate(struck_off), Step()
    waiting = asyncio.create_task(gate.run(step.run()))
    await settle()
    assert not step.begun.is_set()
    assert not waiting.done()
    waiting.cancel()
