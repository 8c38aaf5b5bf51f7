"""Figures and traces of a real meeting: LiveKit's server, a worker, the recognition process."""

from __future__ import annotations

import uuid
from pathlib import Path

import httpx
import pytest
from livekit import api
from prometheus_client.parser import text_string_to_metric_families

from greffier.ports import free_port
from tests.e2e.stack import LiveKit, Person, greffier_process, spoken, until, wait_asr
from tests.otlp_collector import collector

pytestmark = pytest.mark.slow

Figures = dict[tuple[str, str], float]


def scrape(port: int) -> Figures:
    """Values by the sample's name and its label of interest: kind, reason or none."""
    page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return {
        (sample.name, sample.labels.get("kind") or sample.labels.get("reason") or ""): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.labels.get("outcome", "answered") == "answered" and "le" not in sample.labels
    }


async def test_what_was_said_is_in_the_figures_and_in_one_trace_over_both_processes(
    livekit: LiveKit, tmp_path: Path, database_url: str
) -> None:
    """Utterances, times and gaps of the worker; batches of the asr process; spans of both."""
    room, asr_port, worker_port = str(uuid.uuid4()), free_port(0), free_port(0)
    asr_url = f"unix:{tmp_path / 'asr.sock'}"
    with collector() as (endpoint, exported):
        traced = {"GREFFIER_TRACES__ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        asr = traced | {"GREFFIER_ASR__URL": asr_url, "GREFFIER_ASR__METRICS": str(asr_port)}
        worker = asr | {
            "GREFFIER_AGENT__NAME": "measured",
            "GREFFIER_AGENT__HEALTH_PORT": "0",
            "GREFFIER_AGENT__DRAIN_SEC": "0",
            "GREFFIER_AGENT__METRICS": str(worker_port),
            "GREFFIER_STORAGE__DATABASE_URL": database_url,
        }
        with (
            greffier_process("asr", asr) as process,
            greffier_process("worker", livekit.env() | worker) as agent,
        ):
            wait_asr(asr_url, process)
            agent.wait_log("registered as", timeout_sec=90)
            async with Person(livekit, room, "claire") as claire:
                await claire.open_microphone()
                async with livekit.api() as lkapi:
                    request = api.CreateAgentDispatchRequest(agent_name="measured", room=room)
                    await lkapi.agent_dispatch.create_dispatch(request)
                await until(
                    lambda: scrape(worker_port).get(("greffier_worker_tracks", "")) == 1,
                    timeout_sec=60,
                    what="the track's being heard",
                )
                await claire.say(spoken("fr"))
                await claire.be_silent(1)
                await until(lambda: claire.finals("claire"), what="a final")
                during, heard = scrape(worker_port), scrape(asr_port)
            agent.terminate()
            agent.wait()
            process.terminate()
            process.wait()
    finals = len(claire.finals("claire"))
    assert during["greffier_worker_meetings", ""] == 1
    assert 1 <= during["greffier_worker_utterances_total", ""] <= finals
    shown = during["greffier_worker_captions_shown_total", "final"]
    assert during["greffier_worker_final_seconds_count", ""] == shown >= 1
    assert 0 < during["greffier_worker_final_seconds_sum", ""] / shown < 10
    assert during["greffier_worker_first_text_seconds_count", ""] >= 1
    assert during["greffier_worker_gaps_total", "outage"] == 0
    assert heard["greffier_asr_requests_total", "final"] >= shown
    assert heard["greffier_asr_batch_items_sum", "final"] >= shown
    assert heard["greffier_asr_frames_speech_total", "final"] > 0
    services = {
        span.name: next(
            one.value.string_value for one in r.resource.attributes if one.key == "service.name"
        )
        for request in exported
        for r in request.resource_spans
        for scope in r.scope_spans
        for span in scope.spans
    }
    assert services == {
        "utterance": "greffier-worker",
        "recognise": "greffier-worker",
        "commit": "greffier-worker",
        "show": "greffier-worker",
        "queue": "greffier-asr",
        "decode": "greffier-asr",
    }
