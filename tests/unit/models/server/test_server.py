from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from models.base import Kind, ModelError, Pressure, RecognitionRequest
from models.client.client import AsrClient
from models.server.server import serve
from models.settings import AsrSettings
from tests.unit.models.server.asr_process import process, until_healthy


def request(name: str, kind: Kind = Kind.FINAL, sec: float = 1.5) -> RecognitionRequest:
    samples = np.random.default_rng(0).normal(0, 0.1, round(sec * 16_000)).astype(np.float32)
    return RecognitionRequest(utterance_id=name, kind=kind, samples=samples, language="fr")


async def test_kill_9_loses_no_final_and_sigterm_ends_well(
    tiny_model: Path, tmp_path: Path
) -> None:
    """Killed with finals outstanding and started again: each is answered once. SIGTERM exits 0."""
    url = f"unix:{tmp_path}/asr.sock"
    async with AsrClient(url) as client:
        with process(tiny_model, url) as child:
            await until_healthy(client)
            names = [f"m/é {at}" for at in range(30)]
            tasks = [asyncio.create_task(client.recognise(request(n, sec=2))) for n in names]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            child.send_signal(signal.SIGKILL)
            await asyncio.to_thread(child.wait)
            before = sum(task.done() for task in tasks)
        assert 0 < before < 30
        with process(tiny_model, url) as child:
            answers = await asyncio.gather(*tasks)
            assert [answer.utterance_id for answer in answers] == names
            assert {answer.text for answer in answers} == {answers[0].text}
            last = [asyncio.create_task(client.recognise(request(n, sec=2))) for n in names[:8]]
            while not all(task.done() for task in last):
                if (await _load(url))["queued"] or any(task.done() for task in last):
                    break
            child.send_signal(signal.SIGTERM)
            assert len(await asyncio.gather(*last)) == 8
            assert await asyncio.to_thread(child.wait, 20) == 0
    assert not (tmp_path / "asr.sock").exists()


async def _load(url: str) -> dict[str, float]:
    transport = httpx.AsyncHTTPTransport(uds=url.removeprefix("unix:"))
    async with httpx.AsyncClient(transport=transport, base_url="http://asr") as http:
        answer: dict[str, float] = (await http.get("/load")).json()
        return answer


async def test_http_answers_as_the_protocol_says(tiny_model: Path, tmp_path: Path) -> None:
    """Over TCP: an answer with words, 400 and 413 for what can never work, load and headroom."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with AsrClient(url) as client, httpx.AsyncClient(base_url=url) as http:
        with process(tiny_model, url):
            await until_healthy(client)
            final = await client.recognise(request("a"))
            assert final.words
            partial = await client.recognise(request("a", Kind.PARTIAL))
            assert partial.words == ()
            assert await client.headroom() > 0.0
            load = (await http.get("/load")).json()
            assert set(load) == {
                "queued",
                "busy",
                "busy_share",
                "headroom",
                "pressure",
                "fallback",
                "batch_limit_sec",
            }
            assert (load["queued"], load["busy"], load["pressure"]) == (0, 0, 0)
            assert final.pressure is Pressure.NONE
            page = (await http.get("/metrics")).text
            answered = f'{{kind="final",model="{tiny_model.name}",outcome="answered"}} 1.0'
            assert f"greffier_asr_requests_total{answered}" in page
            for query, body, status in (
                ({"utterance_id": "a"}, b"", 400),
                ({"utterance_id": "a", "offset": "-1"}, b"ab", 400),
                ({"utterance_id": "a", "skip": "1"}, b"ab", 400),
                ({"utterance_id": "a", "until": "2"}, b"ab", 400),
                ({"utterance_id": "new", "offset": "9"}, b"ab", 412),
                ({"utterance_id": "new", "offset": "480000"}, b"ab", 413),
                ({"utterance_id": "a"}, b"abc", 400),
                ({"utterance_id": "a", "kind": "x"}, b"ab", 400),
                ({"utterance_id": "a", "language": "xx"}, b"ab", 400),
                ({}, b"ab", 400),
                ({"utterance_id": "a"}, bytes(1_000_000), 413),
            ):
                answer = await http.post("/recognise", params=query, content=body)
                assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


async def test_sound_sent_in_pieces_is_heard_as_the_whole(tiny_model: Path, tmp_path: Path) -> None:
    """Two partials and an earlier end: the text is that of the same samples sent at once."""
    url = f"unix:{tmp_path}/asr.sock"
    whole = request("whole", sec=3)
    samples = whole.samples.copy()
    samples[39_500:] = 0  # an utterance is cut in silence: no frame reaches over its end
    whole = replace(whole, samples=samples)
    pieces = [
        replace(whole, utterance_id="a", kind=Kind.PARTIAL, samples=whole.samples[:20_000]),
        replace(whole, utterance_id="a", kind=Kind.PARTIAL),
        # No final: random weights have it decoded again at a temperature, each time to other text.
        replace(whole, utterance_id="a", kind=Kind.PARTIAL, samples=whole.samples[:40_000]),
    ]
    async with AsrClient(url) as client:
        with process(tiny_model, url):
            await until_healthy(client)
            answers = [await client.recognise(piece) for piece in pieces]
            short = replace(whole, kind=Kind.PARTIAL, samples=whole.samples[:40_000])
            assert answers[-1].text == (await client.recognise(short)).text
            late = replace(whole, utterance_id="b", skip_samples=16_000)
            heard = await client.recognise(late)
            assert heard.words
            assert all(1.0 <= word.start_sec <= word.end_sec <= 3.0 for word in heard.words)


def test_start_fails_with_a_clear_message(tiny_model: Path, tmp_path: Path) -> None:
    """A missing model or an address in use ends at once, and takes nobody's socket away."""
    url = f"unix:{tmp_path}/a.sock"
    with pytest.raises(ModelError, match="there is no model folder"):
        serve(AsrSettings(model=tmp_path / "none", url=url))
    assert not (tmp_path / "a.sock").exists()
    with pytest.raises(ModelError, match="greffier asr --url unix:a"):
        serve(AsrSettings(model=tiny_model, url="unix:a,unix:b"))
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as other:
        other.bind(f"{tmp_path}/a.sock")
        other.listen()
        with pytest.raises(ModelError, match="in use"):
            serve(AsrSettings(model=tiny_model, url=url, device="cpu"))
        assert (tmp_path / "a.sock").exists()
