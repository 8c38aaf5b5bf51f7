"""What is wrong is said in one line, against real servers; what is well is said to be well."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from tests.e2e.stack import LiveKit
from tests.unit.greffier.test_cli import run

pytestmark = pytest.mark.slow


async def test_the_doctor_finds_a_running_system_well_and_a_wrong_secret_bad(
    livekit: LiveKit, asr_url: str, tmp_path: Path
) -> None:
    """Nothing configured is broken: status 0. One wrong secret: 1, and that line alone."""
    env = livekit.env() | {
        "GREFFIER_ASR__URL": asr_url,
        "GREFFIER_ROOMS__PORT": "0",
        "GREFFIER_AGENT__HEALTH_PORT": "0",
    }
    well = await asyncio.to_thread(run, tmp_path, "doctor", **env)
    assert well.returncode == 0, well.stdout
    assert "bad" not in {line.split()[0] for line in well.stdout.splitlines()}
    assert "takes our keys" in well.stdout
    assert "100% of its room left" in well.stdout
    wrong = {"LIVEKIT_API_SECRET": "another-secret-of-thirty-two-characters"}
    ill = await asyncio.to_thread(run, tmp_path, "doctor", **env | wrong)
    assert ill.returncode == 1
    (line,) = (line for line in ill.stdout.splitlines() if line.startswith("bad"))
    assert line.split()[1] == "livekit"
    assert "LIVEKIT_API_SECRET" in line


async def test_a_worker_with_wrong_keys_or_without_its_port_says_so(
    livekit: LiveKit, tmp_path: Path
) -> None:
    """It ends, with the setting to correct; wrong keys are not tried for ever."""
    wrong = {"LIVEKIT_API_SECRET": "another-secret-of-thirty-two-characters"}
    done = await asyncio.to_thread(run, tmp_path, "worker", **livekit.env() | wrong)
    assert done.returncode == 1
    assert "LIVEKIT_API_SECRET" in done.stderr
    with socket.create_server(("", 0)) as other:
        port = {"GREFFIER_AGENT__HEALTH_PORT": str(other.getsockname()[1])}
        done = await asyncio.to_thread(run, tmp_path, "worker", **livekit.env() | port)
    assert done.returncode == 1
    assert "GREFFIER_AGENT__HEALTH_PORT" in done.stderr
    assert "Traceback" not in done.stderr
