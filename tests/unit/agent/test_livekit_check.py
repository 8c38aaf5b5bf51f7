"""A LiveKit that can't be used is said in one line, with what to do."""

import pytest

from agent.errors import WorkerError
from agent.livekit_check import check_livekit
from greffier.ports import free_port


async def test_an_address_without_a_server() -> None:
    url = f"ws://127.0.0.1:{free_port(0)}"
    with pytest.raises(WorkerError, match=r"can't be reached .* check LIVEKIT_URL"):
        await check_livekit(url, "key", "s" * 32, patience_sec=0)


async def test_an_address_that_is_none() -> None:
    with pytest.raises(WorkerError, match="must begin with ws://"):
        await check_livekit("livekit.example.org", "key", "secret")
