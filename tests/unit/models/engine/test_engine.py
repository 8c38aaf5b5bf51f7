from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from models.base import (
    Kind,
    ModelBusy,
    ModelRejected,
    ModelUnavailable,
    Pressure,
)
from models.engine.engine import Engine, Superseded
from models.settings import AsrSettings
from tests.unit.models.engine.fake_model import FakeModel, busy, request


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


@pytest.fixture
def engine(model: FakeModel) -> Iterator[Engine]:
    engine = Engine(model, AsrSettings(max_batch=8, batch_wait_ms=30, max_queue=4))
    engine.start()
    yield engine
    model.gate.set()
    engine.stop()


async def test_speakers_share_a_batch(engine: Engine, model: FakeModel) -> None:
    """Requests that wait together are decoded together, each with its own reply."""
    first = await busy(engine, model)
    tasks = [asyncio.create_task(engine.submit(request(f"u{at}"))) for at in range(4)]
    while engine.load()["queued"] < 4:
        await asyncio.sleep(0.005)
    model.gate.set()
    answers = await asyncio.gather(*tasks)
    await first
    assert [answer.utterance_id for answer in answers] == ["u0", "u1", "u2", "u3"]
    assert model.batches == [(Kind.FINAL, 1), (Kind.FINAL, 4)]


async def test_a_newer_partial_supersedes(engine: Engine, model: FakeModel) -> None:
    """The older partial is told, the newer one is answered."""
    first = await busy(engine, model)
    old = asyncio.create_task(engine.submit(request("a", Kind.PARTIAL)))
    while engine.load()["queued"] < 1:
        await asyncio.sleep(0.005)
    new = asyncio.create_task(engine.submit(request("a", Kind.PARTIAL)))
    with pytest.raises(Superseded):
        await old
    model.gate.set()
    assert (await new).text == "oui"
    await first


async def test_a_full_queue_sheds_partials(engine: Engine, model: FakeModel) -> None:
    """When the queue is full a partial is refused and a final is taken."""
    first = await busy(engine, model)
    tasks = [asyncio.create_task(engine.submit(request(f"u{at}"))) for at in range(4)]
    while engine.load()["queued"] < 4:
        await asyncio.sleep(0.005)
    assert engine.load()["headroom"] == 0.0
    with pytest.raises(ModelBusy, match="full"):
        await engine.submit(request("p", Kind.PARTIAL))
    tasks.append(asyncio.create_task(engine.submit(request("u9"))))
    while engine.load()["queued"] < 5:
        await asyncio.sleep(0.005)
    model.gate.set()
    answers = await asyncio.gather(first, *tasks)
    assert {answer.pressure for answer in answers} == {Pressure.FINALS}
    # The first one was in the model before; whether the others are searched again costs time.
    assert model.wide[0]
    assert not any(model.wide[1:])


async def test_pressure_rises_while_speech_waits_and_falls_afterwards(model: FakeModel) -> None:
    """Answers carry it; while it is there, no headroom is left for other speakers."""
    clock = [100.0]
    engine = Engine(model, AsrSettings(batch_wait_ms=0, longest_wait_ms=400), lambda: clock[0])
    engine.start()
    assert engine.load()["headroom"] == 1.0
    first = await busy(engine, model)
    waiting = asyncio.create_task(engine.submit(request("waits")))
    while engine.load()["queued"] < 1:
        await asyncio.sleep(0.005)
    clock[0] += 2.0
    assert engine.pressure is Pressure.SLOW
    assert engine.load()["headroom"] == 0.0
    model.gate.set()
    answers = await asyncio.gather(first, waiting)
    assert {answer.pressure for answer in answers} == {Pressure.SLOW}
    clock[0] += 4.0
    assert engine.pressure is Pressure.SLOW
    clock[0] += 5.0
    assert engine.pressure is Pressure.NONE
    assert engine.load()["headroom"] == 1.0
    await asyncio.to_thread(engine.stop)


async def test_a_bad_item_fails_alone(engine: Engine, model: FakeModel) -> None:
    """One item that can't be decoded is rejected; the others of its batch are answered."""
    first = await busy(engine, model)
    tasks = [
        asyncio.create_task(engine.submit(request(name, language=language)))
        for name, language in (("a", "fr"), ("b", "xx"), ("c", "en"))
    ]
    while engine.load()["queued"] < 3:
        await asyncio.sleep(0.005)
    model.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    await first
    assert [isinstance(answer, ModelRejected) for answer in answers] == [False, True, False]


async def test_stop_finishes_what_waits(model: FakeModel) -> None:
    """Stop is not cancel: what was taken is answered, nothing more is taken."""
    engine = Engine(model, AsrSettings(batch_wait_ms=0))
    engine.start()
    first = await busy(engine, model)
    waiting = asyncio.create_task(engine.submit(request("late")))
    while engine.load()["queued"] < 1:
        await asyncio.sleep(0.005)
    stopping = asyncio.create_task(asyncio.to_thread(engine.stop))
    while engine.load()["headroom"] > 0:
        await asyncio.sleep(0.005)
    with pytest.raises(ModelUnavailable, match="stopping"):
        await engine.submit(request("too late"))
    model.gate.set()
    await asyncio.gather(first, waiting, stopping)


async def test_a_cancelled_request_is_not_decoded(engine: Engine, model: FakeModel) -> None:
    """Who no longer waits costs nothing."""
    first = await busy(engine, model)
    gone = asyncio.create_task(engine.submit(request("gone", Kind.PARTIAL)))
    while engine.load()["queued"] < 1:
        await asyncio.sleep(0.005)
    gone.cancel()
    await asyncio.wait([gone])
    model.gate.set()
    await first
    await engine.submit(request("last"))
    assert (Kind.PARTIAL, 1) not in model.batches


async def test_live_speech_waits_for_one_small_batch_of_a_file(
    engine: Engine, model: FakeModel
) -> None:
    """Pieces of a file go a few at a time, each with its own reply, and a final in between."""
    first = await busy(engine, model)
    pieces = [
        asyncio.create_task(engine.submit(request(f"file/{at}"), background=True))
        for at in range(6)
    ]
    while engine.load()["queued"] < 6:
        await asyncio.sleep(0.005)
    assert engine.load()["headroom"] == 1.0
    live = asyncio.create_task(engine.submit(request("live")))
    while engine.load()["queued"] < 7:
        await asyncio.sleep(0.005)
    model.gate.set()
    answers = await asyncio.gather(*pieces)
    await asyncio.gather(first, live)
    assert [answer.utterance_id for answer in answers] == [f"file/{at}" for at in range(6)]
    assert [count for _, count in model.batches] == [1, 1, 4, 2]


async def test_two_workers_decode_two_batches_at_once(model: FakeModel) -> None:
    """A final needs not wait for the batch before it; each reply reaches its own request."""
    engine = Engine(model, AsrSettings(max_batch=8, batch_wait_ms=0), workers=2)
    engine.start()
    try:
        first = await busy(engine, model)
        model.entered.clear()
        second = asyncio.create_task(engine.submit(request("second")))
        assert await asyncio.to_thread(model.entered.wait, 5), "while the first is in the model"
        assert engine.load()["busy"] == 2
        waiting = [asyncio.create_task(engine.submit(request(f"u{at}"))) for at in range(3)]
        while engine.load()["queued"] < 3:
            await asyncio.sleep(0.005)
        model.gate.set()
        answers = await asyncio.gather(first, second, *waiting)
        named = [answer.utterance_id for answer in answers]
        assert named == ["busy", "second", "u0", "u1", "u2"]
    finally:
        model.gate.set()
        engine.stop()


async def test_stopping_finishes_what_two_workers_have(model: FakeModel) -> None:
    """Nothing that waits is left without a reply, and both threads end."""
    engine = Engine(model, AsrSettings(max_batch=1, batch_wait_ms=0), workers=2)
    engine.start()
    first = await busy(engine, model)
    waiting = [asyncio.create_task(engine.submit(request(f"u{at}"))) for at in range(5)]
    while engine.load()["queued"] + engine.load()["busy"] < 6:
        await asyncio.sleep(0.005)
    stopping = asyncio.create_task(asyncio.to_thread(engine.stop))
    model.gate.set()
    assert len(await asyncio.gather(first, *waiting)) == 6
    await stopping
