"""The real process with the real demo model: shapes only, whatever it hears."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from openai import AsyncOpenAI

ROOT = Path(__file__).parents[4]
CLIP = ROOT / "assets" / "demo-meeting" / "emma-wilson.flac"
KEY = "another-key"


@contextlib.contextmanager
def process(folder: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    own = {"GREFFIER_ASR__URL": url, "GREFFIER_ASR__API_KEY": KEY, "GREFFIER_ASR__DEVICE": "cpu"}
    child = subprocess.Popen(
        [sys.executable, "-m", "greffier", "asr"],
        cwd=folder,
        env={**os.environ, **own, "PYTHONPATH": str(ROOT), "GREFFIER_ASR__BEAM_FINAL": "1"},
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


async def test_the_demo_model_answers(tmp_path: Path) -> None:
    """`greffier asr` on TCP with a key: words inside the file's length, and an end by SIGTERM."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with process(tmp_path, url) as child:
        await _until_healthy(url, child)
        async with AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0) as client:
            assert [model.id async for model in client.models.list()] == ["demo-model", "whisper-1"]
            heard = await client.audio.transcriptions.create(
                file=("clip.flac", CLIP.read_bytes()),
                model="demo-model",
                response_format="verbose_json",
                timestamp_granularities=["word", "segment"],
                temperature=0.2,
            )
        assert heard.language in ("fr", "en")
        assert heard.words
        assert heard.segments
        assert heard.text == " ".join(segment.text for segment in heard.segments)
        times = [time for word in heard.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert 0 <= times[0] <= times[-1] <= heard.duration
        child.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(child.wait, 20) == 0


async def _until_healthy(url: str, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    async with httpx.AsyncClient() as http:
        while True:
            with contextlib.suppress(httpx.ConnectError):
                if (await http.get(f"{url}/health")).status_code == 200:
                    return
            assert child.poll() is None
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
