"""The connection to one recognition process: what it has been sent, and what it answers."""

from __future__ import annotations

from collections import OrderedDict

import httpx
from pydantic import ValidationError

from models.asr_address import Address
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

PARTIAL_TIMEOUT_SEC = 5.0
CONNECT_TIMEOUT_SEC = 5.0
REJECTED = (400, 413, 422)
ANSWERS = (httpx.codes.OK, httpx.codes.PRECONDITION_FAILED)
MOST_OPEN = 4_096
"""Utterances whose sent samples are remembered; one that is forgotten is only sent again."""


class ProcessAway(ModelUnavailable):
    """The process is down, stopping or no recognition process: another one may answer."""


class AsrLink:
    """One process. Every call may be cancelled at any time."""

    def __init__(self, address: Address, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.address = address
        self._there: OrderedDict[str, int] = OrderedDict()
        self._http = httpx.AsyncClient(
            transport=transport or _transport(address),
            base_url=address.base_url,
            # The meeting's sound must never leave by a proxy of the environment.
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def headroom(self, timeout_sec: float = PARTIAL_TIMEOUT_SEC) -> float:
        """Room left for more speakers, 0 (full) to 1. Raises ModelUnavailable."""
        response = await self._send("GET", "/load", timeout_sec=timeout_sec)
        try:
            return float(response.json()["headroom"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._away("gave an answer that is none") from error

    async def healthy(self) -> bool:
        """Whether the process answers and its model works."""
        try:
            await self._send("GET", "/health", timeout_sec=PARTIAL_TIMEOUT_SEC)
        except ModelUnavailable:
            return False
        return True

    async def ask(self, request: RecognitionRequest, timeout_sec: float) -> Recognition:
        """Send what the process does not have yet; all of it, should it have forgotten.

        Raises ProcessAway, ModelBusy, ModelUnavailable (it will not answer this) and ModelRejected.
        """
        there = self._there.get(request.utterance_id, 0)
        for _ in range(2):
            response = await self._post(request, there, timeout_sec)
            if response.status_code != httpx.codes.PRECONDITION_FAILED:
                break
            there = self._have(response)
        else:
            raise self._away("keeps forgetting what it was sent")
        self._note(request)
        try:
            recognition = from_wire(response.content)
        except ValidationError as error:
            raise self._away("gave an answer that is none") from error
        same = recognition.utterance_id == request.utterance_id
        if not same or recognition.kind != request.kind:
            raise self._away("answered another request")
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

    def forget(self, utterance_id: str) -> None:
        """The utterance is over, or goes on elsewhere."""
        self._there.pop(utterance_id, None)

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
            raise self._away("gave an answer that is none") from error

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
            raise self._away(f"doesn't answer ({type(error).__name__})") from error
        if response.status_code in REJECTED:
            raise ModelRejected(f"the recognition process refused the request: {_detail(response)}")
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise ModelBusy(_detail(response))
        if response.status_code == httpx.codes.CONFLICT:
            raise ModelUnavailable(_detail(response))
        if response.status_code not in ANSWERS:
            raise self._away(f"said {response.status_code}: {_detail(response)}")
        return response

    def _away(self, what: str) -> ProcessAway:
        return ProcessAway(
            f"the recognition process at {self.address} {what}; is `greffier asr` running?"
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
