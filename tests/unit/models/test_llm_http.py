"""The OpenAI protocol against a real HTTP server that behaves, and misbehaves."""

import time

import pytest
from pydantic import BaseModel, ConfigDict

from models.llm_http import HttpLanguageModel, LlmAnswerInvalid, LlmRejected, LlmUnavailable
from models.settings import LlmSettings
from tests.unit.models.llm_server import serving


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str


async def ask(url, **given):
    settings = LlmSettings(url=url, model="small", **({"timeout_sec": 5.0} | given))
    async with HttpLanguageModel(settings) as llm:
        return await llm.answer(instructions="I", data="D", schema=Shape, max_tokens=50)


async def test_answer():
    """One request: the model, both messages, the schema, no tools, the key."""
    async with serving('{"text": "yes"}') as server:
        assert (await ask(server.url + "/", api_key="k")).text == "yes"
        (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "small"
    assert [one["role"] for one in request["messages"]] == ["system", "user"]
    assert request["response_format"]["json_schema"]["schema"] == Shape.model_json_schema()
    assert "tools" not in request
    assert server.keys == ["Bearer k"]


async def test_invalid_json_is_asked_again(caplog):
    """Once; and what the model wrote is not in the log."""
    async with serving("secret speech", '{"text": "yes"}') as server:
        assert (await ask(server.url)).text == "yes"
        assert len(server.requests) == 2
    assert "secret" not in caplog.text


async def test_invalid_twice():
    """Then it is an error that says what to do."""
    async with serving('{"other": 1}') as server:
        with pytest.raises(LlmAnswerInvalid, match="json_schema"):
            await ask(server.url)
        assert len(server.requests) == 2


async def test_hang():
    """A server that never answers costs the timeout, no more."""
    async with serving(None) as server:
        began = time.monotonic()
        with pytest.raises(LlmUnavailable, match="TIMEOUT_SEC"):
            await ask(server.url, timeout_sec=0.3)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, LlmUnavailable), (503, LlmUnavailable), (429, LlmUnavailable), (401, LlmRejected),
     (404, LlmRejected), (302, LlmRejected)],
)  # fmt: skip
async def test_status(status, error):
    """5xx and 429 may be better later; 4xx never; a redirect is not followed."""
    async with serving(status) as server:
        with pytest.raises(error, match=str(status)):
            await ask(server.url)
        assert len(server.requests) == 1


async def test_nobody_there():
    """Connection refused is `unavailable`, in one clear line."""
    with pytest.raises(LlmUnavailable, match="GREFFIER_LLM__URL"):
        await ask("http://127.0.0.1:9/v1")


def test_not_configured():
    """Without an address there is no model."""
    with pytest.raises(LlmRejected):
        HttpLanguageModel(LlmSettings())
