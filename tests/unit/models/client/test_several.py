"""Several recognition processes of the demo model, killed in turn while people speak."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from greffier.bench.speech import Utterance, from_meeting
from models.base import Kind, Recognition, RecognitionRequest
from models.client.client import AsrClient
from tests.unit.models.server.asr_process import ROOT, until_healthy

CODE = """
import sys
from models.server.server import serve
from models.settings import AsrSettings
serve(AsrSettings(url=sys.argv[1], device="cpu", threads=1))
"""
SPOKEN = 20
TRACKS = 6


class Processes:
    """Two of them, by number."""

    def __init__(self, folder: Path) -> None:
        self.urls = [f"unix:{folder}/{number}.sock" for number in range(2)]
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, number: int) -> None:
        command = [sys.executable, "-c", CODE, self.urls[number]]
        quiet = {"OMP_NUM_THREADS": "1"}
        self._children[number] = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **quiet})

    def kill(self, number: int) -> None:
        child = self._children.pop(number)
        child.send_signal(signal.SIGKILL)
        child.wait()

    def end(self) -> None:
        for number in list(self._children):
            self.kill(number)


@contextlib.contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    both = Processes(folder)
    try:
        yield both
    finally:
        both.end()


def final(at: int, one: Utterance) -> RecognitionRequest:
    track = f"TR_{at % TRACKS}"
    return RecognitionRequest(
        utterance_id=f"m/{track}/{at}",
        kind=Kind.FINAL,
        samples=one.samples,
        meeting_id="m",
        track_id=track,
        languages=("fr", "en"),
    )


async def speak(client: AsrClient, request: RecognitionRequest) -> Recognition:
    """As a speaker does: a partial of the first half, then the final, whatever became of it."""
    half = request.samples[: len(request.samples) // 2]
    with contextlib.suppress(Exception):
        await client.recognise(replace(request, kind=Kind.PARTIAL, samples=half))
    return await client.recognise(request)


@contextlib.asynccontextmanager
async def healthy(url: str) -> AsyncIterator[None]:
    async with AsrClient(url) as client:
        await until_healthy(client)
        yield


@pytest.mark.slow
async def test_killing_each_process_in_turn_loses_doubles_and_mixes_nothing(
    tmp_path: Path,
) -> None:
    """Every final is answered once, with the words of its own speaker, wherever it was decoded."""
    said = [final(at, one) for at, one in enumerate(from_meeting()[:SPOKEN])]
    with processes(tmp_path) as both:
        both.start(0)
        both.start(1)
        async with AsrClient(",".join(both.urls)) as client:
            for url in both.urls:
                async with healthy(url):
                    pass
            calm = await asyncio.gather(*(client.recognise(one) for one in said))
            answers = [asyncio.create_task(speak(client, one)) for one in said]
            for number in range(2):
                await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
                both.kill(number)
                both.start(number)
                async with healthy(both.urls[number]):
                    pass
                answers += [
                    asyncio.create_task(
                        speak(client, replace(one, utterance_id=f"{one.utterance_id}/{number}"))
                    )
                    for one in said
                ]
            heard = await asyncio.gather(*answers)
    texts = [one.text for one in calm]
    for at, one in enumerate(heard):
        own = at % SPOKEN
        assert one.utterance_id.startswith(said[own].utterance_id)
        likeness = [SequenceMatcher(None, one.text, text).ratio() for text in texts]
        assert likeness[own] == max(likeness), "the words are another's"
    assert len(heard) == 3 * SPOKEN == len({one.utterance_id for one in heard})
