from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from models.base import Kind, ModelRejected, ModelUnavailable
from models.engine.batching import window_sec
from models.engine.engine import Engine
from models.settings import AsrSettings
from models.whisper.item import Prepared, Transcript
from tests.unit.models.engine.fake_model import FakeModel, busy, request


class SmallDevice(FakeModel):
    """Has memory for so many items at once, and for silence, which is said to be English."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.tried: list[int] = []

    def transcribe(self, batch: Sequence[Prepared]) -> list[Transcript]:
        self.entered.set()
        self.gate.wait(5)
        self.tried.append(len(batch))
        if len(batch) > self.most and batch[0].language != "en":
            raise RuntimeError("CUDA failed with error out of memory")
        return super().transcribe(batch)


@contextmanager
def running(
    model: FakeModel, fallback: Callable[[], FakeModel] | None = None, **more: int
) -> Iterator[Engine]:
    engine = Engine(model, AsrSettings(batch_wait_ms=0, **more), fallback=fallback)
    engine.start()
    try:
        yield engine
    finally:
        model.gate.set()
        engine.stop()


async def together(engine: Engine, model: FakeModel, count: int) -> list[object]:
    """Answers of so many requests that wait while the first is decoded."""
    first = await busy(engine, model)
    tasks = [asyncio.create_task(engine.submit(request(f"u{at}"))) for at in range(count)]
    while engine.load()["queued"] < count:
        await asyncio.sleep(0.005)
    model.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(first, return_exceptions=True)
    return answers


async def test_out_of_memory_halves_the_batch_and_remembers() -> None:
    """Everybody is answered by their own text; the next batches are small from the start."""
    model = SmallDevice(most=2)
    with running(model) as engine:
        answers = await together(engine, model, 8)
        assert [answer.utterance_id for answer in answers] == [f"u{at}" for at in range(8)]
        assert model.tried == [1, 8, 4, 2, 2, 4, 2, 2]
        assert engine.load()["batch_limit_sec"] == 2 * window_sec(
            16_000, AsrSettings().window_pad_sec
        )
        model.tried.clear()
        await together(engine, model, 8)
        assert model.tried == [1, 2, 2, 2, 2]
        assert not engine.fell_back


async def test_a_single_request_too_large_brings_the_fallback_model() -> None:
    """It answers what the large one could not, what waited for it too, and says so."""
    model, small = SmallDevice(most=0), FakeModel()
    small.prompt_tokens = lambda prompt: (7, 7)  # type: ignore[method-assign]
    model.most = 1
    with running(model, lambda: small) as engine:
        first = await busy(engine, model)
        model.most = 0
        tasks = [asyncio.create_task(engine.submit(request(f"u{at}"))) for at in range(3)]
        while engine.load()["queued"] < 3:
            await asyncio.sleep(0.005)
        model.gate.set()
        answers = await asyncio.gather(first, *tasks)
        assert [answer.text for answer in answers] == ["oui"] * 4
        assert engine.fell_back
        assert engine.load()["fallback"] == 1
        assert sum(count for _, count in small.batches) == 4, "the small one has answered"
        tried = len(model.tried)
        assert (await engine.submit(request("later"))).text == "oui"
        assert len(model.tried) == tried, "the large one is not asked again"


async def test_without_a_fallback_model_a_final_may_try_again() -> None:
    """Out of memory is no property of the request: it is not refused for ever."""
    model = SmallDevice(most=1)
    with running(model) as engine:
        first = await busy(engine, model)
        model.most = 0
        task = asyncio.create_task(engine.submit(request("u", Kind.FINAL)))
        while engine.load()["queued"] < 1:
            await asyncio.sleep(0.005)
        model.gate.set()
        with pytest.raises(ModelUnavailable, match="fallback_model"):
            await task
        await asyncio.gather(first, return_exceptions=True)


async def test_a_bad_item_among_good_ones_is_rejected_alone() -> None:
    model = FakeModel()
    with running(model) as engine:
        first = await busy(engine, model)
        tasks = [
            asyncio.create_task(engine.submit(request(name, language=language)))
            for name, language in (("a", "fr"), ("b", "xx"), ("c", "xx"))
        ]
        while engine.load()["queued"] < 3:
            await asyncio.sleep(0.005)
        model.gate.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        await first
        assert [isinstance(answer, ModelRejected) for answer in answers] == [False, True, True]
