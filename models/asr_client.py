"""The client of the recognition process: a `Recogniser` over HTTP.

The process may be killed and restarted at any moment: finals are sent again until answered.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Self

import httpx
from pydantic import ValidationError

from models.asr_address import Address, parse_address
from models.asr_traces import headers_of_context
from models.asr_wire import from_wire, to_pcm, to_query
from models.base import (
    Kind,
    ModelBusy,
    ModelRejected,
    ModelUnavailable,
    Recognition,
    RecognitionRequest,
)

FIRST_PAUSE_SEC = 0.1
LONGEST_PAUSE_SEC = 1.0
PARTIAL_TIMEOUT_SEC = 5.0
CONNECT_TIMEOUT_SEC = 5.0
FINAL_LIMIT_SEC = 120.0
REJECTED = (400, 413, 422)
ANSWERS = (httpx.codes.OK, httpx.codes.PRECONDITION_FAILED)
MOST_OPEN = 4_096
"""Utterances whose sent samples are remembered; one that is forgotten is only sent again."""


class AsrClient:
    """One client an event loop. `recognise` may be cancelled at any time; it forgets the request.

    A final that isn't answered within `final_limit_sec` raises ModelUnavailable. Raises
    ModelError at once for an address that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        final_limit_sec: float = FINAL_LIMIT_SEC,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._address = parse_address(url)
        self._final_limit_sec = final_limit_sec
        self._clock = clock
        self._sleep = sleep
        self._there: OrderedDict[str, int] = OrderedDict()
        self._http = httpx.AsyncClient(
            transport=transport or _transport(self._address),
            base_url=self._address.base_url,
            # The meeting's sound must never leave by a proxy of the environment.
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """Recognise one utterance; see `models.base.Recogniser`."""
        if request.kind is Kind.PARTIAL:
            return await self._ask(request, PARTIAL_TIMEOUT_SEC)
        try:
            return await self._final(request)
        finally:
            self._there.pop(request.utterance_id, None)

    async def _final(self, request: RecognitionRequest) -> Recognition:
        began = self._clock()
        deadline = began + self._final_limit_sec
        pause = FIRST_PAUSE_SEC
        while True:
            # Until the limit: a final sent twice to a busy process would only make it busier.
            left = max(deadline - self._clock(), 0.01)
            try:
                return await self._ask(replace(request, age_sec=self._clock() - began), left)
            except ModelUnavailable:
                if self._clock() + pause >= deadline:
                    raise
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SEC)

    async def headroom(self) -> float:
        """Room left for more speakers, 0 (full) to 1. Raises ModelUnavailable."""
        response = await self._send("GET", "/load", timeout_sec=PARTIAL_TIMEOUT_SEC)
        try:
            return float(response.json()["headroom"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._unavailable("gave an answer that is none") from error

    async def healthy(self) -> bool:
        """Whether the process answers and its model works."""
        try:
            await self._send("GET", "/health", timeout_sec=PARTIAL_TIMEOUT_SEC)
        except ModelUnavailable:
            return False
        return True

    async def _ask(self, request: RecognitionRequest, timeout_sec: float) -> Recognition:
        """Send what the process does not have yet; all of it, should it have forgotten."""
        there = self._there.get(request.utterance_id, 0)
        for _ in range(2):
            response = await self._post(request, there, timeout_sec)
            if response.status_code != httpx.codes.PRECONDITION_FAILED:
                break
            there = self._have(response)
        else:
            raise self._unavailable("keeps forgetting what it was sent")
        self._note(request)
        try:
            recognition = from_wire(response.content)
        except ValidationError as error:
            raise self._unavailable("gave an answer that is none") from error
        same = recognition.utterance_id == request.utterance_id
        if not same or recognition.kind != request.kind:
            raise self._unavailable("answered another request")
        return recognition

    async def _post(
        self, request: RecognitionRequest, there: int, timeout_sec: float
    ) -> httpx.Response:
        offset = min(there, len(request.samples))
        query = to_query(request) | {"offset": str(offset), "until": str(len(request.samples))}
        body = to_pcm(request.samples[offset:])
        return await self._send(
            "POST", "/recognise", timeout_sec=timeout_sec, query=query, body=body
        )

    def _note(self, request: RecognitionRequest) -> None:
        """Remember what the process has for certain: it has answered for it."""
        if request.kind is Kind.PARTIAL:
            self._there[request.utterance_id] = len(request.samples)
            self._there.move_to_end(request.utterance_id)
            if len(self._there) > MOST_OPEN:
                self._there.popitem(last=False)

    def _have(self, response: httpx.Response) -> int:
        try:
            return max(int(response.json()["have"]), 0)
        except (ValueError, KeyError, TypeError) as error:
            raise self._unavailable("gave an answer that is none") from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        timeout_sec: float,
        query: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> httpx.Response:
        timeout = httpx.Timeout(timeout_sec, connect=min(timeout_sec, CONNECT_TIMEOUT_SEC))
        try:
            response = await self._http.request(
                method,
                path,
                params=query,
                content=body,
                timeout=timeout,
                headers=headers_of_context(),
            )
        except httpx.TransportError as error:
            raise self._unavailable(f"doesn't answer ({type(error).__name__})") from error
        if response.status_code in REJECTED:
            raise ModelRejected(f"the recognition process refused the request: {_detail(response)}")
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise ModelBusy(_detail(response))
        if response.status_code not in ANSWERS:
            raise self._unavailable(f"said {response.status_code}: {_detail(response)}")
        return response

    def _unavailable(self, what: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"the recognition process at {self._address} {what}; is `greffier asr` running?"
        )


def _transport(address: Address) -> httpx.AsyncHTTPTransport:
    # No limit of connections: a burst of finals after a restart must not queue behind partials.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=4)
    uds = None if address.path is None else str(address.path)
    return httpx.AsyncHTTPTransport(uds=uds, limits=limits, trust_env=False)


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])[:200]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
