"""Finals that can be given up."""

import asyncio

import numpy as np
import pytest

from agent.patience import PatientRecogniser
from models.base import Kind, ModelUnavailable, RecognitionRequest
from models.fakes import ScriptedRecogniser

REQUEST = RecognitionRequest(
    utterance_id="u", kind=Kind.FINAL, samples=np.zeros(16, dtype=np.float32)
)


async def test_answers_pass_through() -> None:
    recogniser = PatientRecogniser(ScriptedRecogniser(["bonjour"]))
    assert (await recogniser.recognise(REQUEST)).text == "bonjour"


async def test_errors_pass_through() -> None:
    recogniser = PatientRecogniser(ScriptedRecogniser([ModelUnavailable("down")]))
    with pytest.raises(ModelUnavailable, match="down"):
        await recogniser.recognise(REQUEST)


async def test_given_up_what_waits_becomes_an_error() -> None:
    inner = ScriptedRecogniser(["never"])
    inner.hold()
    recogniser = PatientRecogniser(inner)
    waiting = asyncio.create_task(recogniser.recognise(REQUEST))
    while not inner.requests:
        await asyncio.sleep(0)
    recogniser.give_up()
    with pytest.raises(ModelUnavailable, match="ended"):
        await waiting
    await asyncio.sleep(0)
    assert inner.cancelled == [REQUEST]
