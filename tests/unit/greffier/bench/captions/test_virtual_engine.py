from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from greffier.bench.captions import virtual_engine
from greffier.bench.captions.virtual_engine import VirtualClock, VirtualEngine, settle
from models.base import SAMPLE_RATE, Kind, ModelError, Recognition, RecognitionRequest
from models.settings import AsrSettings
from models.whisper.item import Transcript


class Decoder:
    """Says whose request it was; takes no real time."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def window_sec(self, request: RecognitionRequest) -> float:
        return 2.0

    def prompt(self, request: RecognitionRequest) -> tuple[int, ...]:
        return ()

    def decode(self, requests: Sequence[RecognitionRequest]) -> list[Transcript]:
        self.batches.append([one.utterance_id for one in requests])
        return [Transcript(text=one.utterance_id, language="en") for one in requests]


def request(name: str, kind: Kind = Kind.PARTIAL) -> RecognitionRequest:
    samples = np.zeros(SAMPLE_RATE, dtype=np.float32)
    return RecognitionRequest(utterance_id=name, kind=kind, samples=samples, track_id=name)


def engine(decoder: Decoder, clock: VirtualClock, took: float | None = None) -> VirtualEngine:
    return VirtualEngine(
        decoder,  # type: ignore[arg-type]
        AsrSettings(),
        clock,
        accounted=took is not None,
        took=lambda _: took or 0.0,
    )


async def ask(one: VirtualEngine, *requests: RecognitionRequest) -> list[asyncio.Task[Recognition]]:
    tasks = [asyncio.create_task(one.recognise(each)) for each in requests]
    await settle()
    return tasks


async def test_without_account_an_answer_comes_at_once() -> None:
    """At the very moment it was asked for."""
    clock, decoder = VirtualClock(), Decoder()
    one = engine(decoder, clock)
    clock.now_sec = 3.0
    (task,) = await ask(one, request("a"))
    await one.run_until(3.0)
    assert task.result().text == "a"
    assert clock.now_sec == 3.0


async def test_patience_ends_at_its_moment_of_the_meeting() -> None:
    """Not of the clock on the wall: a play is as fast as it can be."""
    clock = VirtualClock()

    async def wait(seconds: float) -> float:
        with contextlib.suppress(TimeoutError):
            async with clock.timeout(seconds):
                await asyncio.Event().wait()
        return clock.now_sec

    waiting = [asyncio.create_task(wait(seconds)) for seconds in (1.0, 2.0)]
    await settle()
    for moment in (0.9, 1.0, 1.5):
        clock.move(moment)
        await settle()
    assert [one.done() for one in waiting] == [True, False]
    assert await waiting[0] == 1.0
    async with clock.timeout(0.1):
        pass
    clock.move(9.0)
    assert await waiting[1] == 9.0


async def test_an_answer_comes_when_decoding_has_taken_its_time() -> None:
    """Finals first; what comes meanwhile waits, and then shares a batch."""
    clock, decoder = VirtualClock(), Decoder()
    one = engine(decoder, clock, took=0.5)
    first = await ask(one, request("a"), request("f", Kind.FINAL))
    await one.run_until(0.1)
    later = await ask(one, request("b"), request("c"))
    moments: list[float] = []
    for task in (*first, *later):
        task.add_done_callback(lambda _: moments.append(clock.now_sec))
    await one.run_until(5.0)
    assert decoder.batches == [["f"], ["a", "b", "c"]]
    assert sorted(moments)[-1] == pytest.approx(1.0, abs=0.05)
    assert clock.now_sec == 5.0
    assert one.effort.partials == 3
    assert one.effort.finals == 1


async def test_a_newer_partial_replaces_the_one_that_waits() -> None:
    """Its caller is told, as by the process."""
    clock, decoder = VirtualClock(), Decoder()
    one = engine(decoder, clock, took=0.5)
    old, new = await ask(one, request("a"), request("a"))
    await one.run_until(5.0)
    with pytest.raises(ModelError):
        old.result()
    assert new.result().text == "a"


async def test_nobody_waits_for_a_cancelled_request() -> None:
    """It is not decoded."""
    clock, decoder = VirtualClock(), Decoder()
    one = engine(decoder, clock)
    (task,) = await ask(one, request("a"))
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await one.run_until(1.0)
    assert decoder.batches == []


class Model:
    """Notes what it is to make ready; each item says what prior it has."""

    def prompt_tokens(self, prompt: str) -> tuple[int, ...]:
        return ()

    def prepare(self, sound: object, **asked: object) -> object:
        return asked["language_prior"]

    def transcribe(self, batch: Sequence[object]) -> list[Transcript]:
        return [Transcript(text=str(prior), language="en") for prior in batch]


def test_the_model_is_told_what_the_speaker_spoke_before() -> None:
    """As in a room; and what was remembered with another prior is another answer."""
    decoder = virtual_engine.Decoder(Model(), AsrSettings(), remember=True)  # type: ignore[arg-type]
    priors = [(0.9, 0.1), (0.5, 0.5)]
    found = [decoder.decode([replace(request("a"), language_prior=one)]) for one in priors]
    assert [one.text for (one,) in found] == [str(prior) for prior in priors]
