"""A real process that fails at an utterance: that one is a gap soon, and all others go on."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.base import SAMPLE_RATE, Kind, Recognition, RecognitionRequest
from models.client.client import AsrClient
from models.fakes import LoudnessDetector
from pipelines.captions import TrackCaptions
from pipelines.events import Gap, GapReason, Segment
from pipelines.settings import CaptionSettings
from tests.unit.models.client.failing_server import BAD_SAMPLES
from tests.unit.models.server.asr_process import ROOT, until_healthy
from tests.unit.pipelines.track import SPEAKER, Shown, play, quiet, speech


class Spoiling:
    """A client whose second final of a track is one that the process fails at."""

    def __init__(self, client: AsrClient) -> None:
        self._client = client
        self._finals = 0

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        if request.kind is Kind.FINAL:
            self._finals += 1
            if self._finals == 2:
                bad = np.zeros(BAD_SAMPLES, dtype=np.float32)
                request = replace(request, samples=bad, skip_samples=0)
        return await self._client.recognise(request)


@contextlib.contextmanager
def process(socket: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.unit.models.client.failing_server", str(socket)]
    child = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        child.kill()
        child.wait()


async def test_an_utterance_that_the_process_fails_at_is_a_gap_soon_and_others_go_on(
    tmp_path: Path,
) -> None:
    socket = tmp_path / "asr.sock"
    async with AsrClient(f"unix:{socket}") as client:
        with process(socket):
            await until_healthy(client)
            shown = Shown()
            captions = TrackCaptions(
                meeting_id="m",
                speaker=SPEAKER,
                detector=LoudnessDetector(),
                recogniser=Spoiling(client),
                sink=shown,
                settings=CaptionSettings(first_partial_sec=9.0),
            )
            await play(captions, *[part for _ in range(4) for part in (quiet(1), speech(1))])
            await captions.finish()
            async with asyncio.timeout(10):  # and not two minutes
                await captions.drain()
    assert [type(event) for event in shown.events] == [Segment, Gap, Segment, Segment]
    (gap,) = shown.of(Gap)
    assert gap.reason is GapReason.OUTAGE
    assert abs(gap.start_ms - 3000) <= 32
    assert SAMPLE_RATE > BAD_SAMPLES, "no utterance of this test is as short"
