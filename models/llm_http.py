"""Any OpenAI-compatible server (vLLM, Ollama, llama.cpp, a hosted one) as a LanguageModel.

The model gets no tools and its answer must fit a schema: whatever was said in the meeting, the
worst it can bring about is a wrong sentence, and those are checked afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from models.base import ModelError, ModelRejected, ModelUnavailable
from models.settings import LlmSettings

Answer = TypeVar("Answer", bound=BaseModel)

_log = logging.getLogger(__name__)


class LlmUnavailable(ModelUnavailable):
    """The server can't be reached, is overloaded, fails, or took too long: try again later."""


class LlmRejected(ModelRejected):
    """The server refuses the request: the key, the model's name or the context is wrong."""


class LlmAnswerInvalid(ModelError):
    """The answer did not fit the schema, twice."""


class HttpLanguageModel:
    """One server and one model. `timeout_sec` bounds a whole answer, however slowly it drips."""

    def __init__(
        self, settings: LlmSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        if not settings.url:
            raise LlmRejected("no LLM is configured: set GREFFIER_LLM__URL")
        self.name = settings.model
        self.context_tokens = settings.context_tokens
        self._endpoint = f"{settings.url.rstrip('/')}/chat/completions"
        self._timeout_sec = settings.timeout_sec
        key = settings.api_key
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=settings.timeout_sec,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            # A server that sends us elsewhere would see what was said in the meeting.
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> HttpLanguageModel:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def answer(
        self, *, instructions: str, data: str, schema: type[Answer], max_tokens: int
    ) -> Answer:
        """An answer of `schema`; asked once more if the first does not fit.

        Raises LlmUnavailable, LlmRejected or LlmAnswerInvalid. Cancelling is safe.
        """
        messages = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": data},
        ]
        for attempt in (1, 2):
            text = await self._complete(messages, schema, max_tokens)
            try:
                return schema.model_validate_json(text)
            except ValidationError as error:
                # Not the error itself: it holds the text, and speech does not go to the logs.
                _log.warning(
                    "answer %d of the LLM does not fit the schema (%d mistakes)",
                    attempt,
                    error.error_count(),
                )
        raise LlmAnswerInvalid(
            f"{self.name} does not answer in the schema it was given; use a server with "
            "structured output (response_format json_schema), or a larger model"
        )

    async def _complete(
        self, messages: list[dict[str, str]], schema: type[BaseModel], max_tokens: int
    ) -> str:
        body = {
            "model": self.name,
            "messages": messages,
            "temperature": 0,
            "max_tokens": max_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": schema.__name__.lower(),
                    "strict": True,
                    "schema": schema.model_json_schema(),
                },
            },
        }
        try:
            async with asyncio.timeout(self._timeout_sec):
                response = await self._client.post(self._endpoint, json=body)
        except (TimeoutError, httpx.TimeoutException):
            raise LlmUnavailable(
                f"{self._endpoint} did not answer within {self._timeout_sec:g} s; "
                "raise GREFFIER_LLM__TIMEOUT_SEC or use a smaller model"
            ) from None
        except httpx.HTTPError as error:
            raise LlmUnavailable(
                f"{self._endpoint} can't be reached ({type(error).__name__}); "
                "is the server running, and GREFFIER_LLM__URL right?"
            ) from None
        return _content(response, self._endpoint)


def _content(response: httpx.Response, endpoint: str) -> str:
    """The text of the answer; "" for an answer of another shape, which then fits no schema."""
    status = response.status_code
    if status in (408, 425, 429) or status >= 500:
        raise LlmUnavailable(f"{endpoint} answers {status}; try again later or look at its log")
    if status != 200:
        raise LlmRejected(
            f"{endpoint} answers {status}; check GREFFIER_LLM__URL, __MODEL and __API_KEY"
        )
    try:
        body: Any = response.json()
        content = body["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        return ""
    return content if isinstance(content, str) else ""
