"""The connection to one recognition process: what it has been sent, and what it answers."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from pydantic import ValidationError

from models.base import (
    Kind,
    ModelBusy,
    ModelRejected,
    ModelUnavailable,
    Recognition,
    RecognitionRequest,
)
from models.client.connections import Answer, Connections, Exchange, NoAnswer
from models.wire.address import Address
from models.wire.messages import from_wire, to_pcm, to_query
from models.wire.trace_context import headers_of_context

PARTIAL_TIMEOUT_SEC = 5.0
REJECTED = (400, 413, 422)
ANSWERS = (HTTPStatus.OK, HTTPStatus.PRECONDITION_FAILED)
MOST_OPEN = 4_096
"""Utterances whose sent samples are remembered; one that is forgotten is only sent again."""


class ProcessAway(ModelUnavailable):
    """The process is down, stopping or no recognition process: another one may answer."""


class RequestFailed(ProcessAway):
    """The process failed at this very request; others of it may be answered."""


class AsrLink:
    """One process. Every call may be cancelled at any time."""

    def __init__(
        self, address: Address, exchange: Callable[[Address], Exchange] = Connections
    ) -> None:
        self.address = address
        self._there: OrderedDict[str, int] = OrderedDict()
        self._http = exchange(address)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def headroom(self, timeout_sec: float = PARTIAL_TIMEOUT_SEC) -> float:
        """Room left for more speakers, 0 (full) to 1. Raises ModelUnavailable."""
        answer = await self._send("GET", "/load", timeout_sec=timeout_sec)
        try:
            return float(json.loads(answer.body)["headroom"])
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

        Raises ProcessAway, RequestFailed, ModelBusy, ModelUnavailable (it will not answer this)
        and ModelRejected.
        """
        there = self._there.get(request.utterance_id, 0)
        for _ in range(2):
            answer = await self._post(request, there, timeout_sec)
            if answer.status != HTTPStatus.PRECONDITION_FAILED:
                break
            there = self._have(answer)
        else:
            raise self._away("keeps forgetting what it was sent")
        self._note(request)
        try:
            recognition = from_wire(answer.body)
        except ValidationError as error:
            raise self._away("gave an answer that is none") from error
        same = recognition.utterance_id == request.utterance_id
        if not same or recognition.kind != request.kind:
            raise self._away("answered another request")
        return recognition

    async def _post(self, request: RecognitionRequest, there: int, timeout_sec: float) -> Answer:
        offset = min(there, len(request.samples))
        query = to_query(request) | {"offset": str(offset), "until": str(len(request.samples))}
        body = to_pcm(request.samples[offset:])
        target = f"/recognise?{urlencode(query)}"
        return await self._send("POST", target, timeout_sec=timeout_sec, body=body)

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

    def _have(self, answer: Answer) -> int:
        try:
            return max(int(json.loads(answer.body)["have"]), 0)
        except (ValueError, KeyError, TypeError) as error:
            raise self._away("gave an answer that is none") from error

    async def _send(
        self, method: str, target: str, *, timeout_sec: float, body: bytes = b""
    ) -> Answer:
        try:
            answer = await self._http.send(
                method, target, timeout_sec=timeout_sec, headers=headers_of_context(), body=body
            )
        except NoAnswer as error:
            raise self._away(str(error)) from error
        if answer.status in REJECTED:
            raise ModelRejected(f"the recognition process refused the request: {_detail(answer)}")
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise ModelBusy(_detail(answer))
        if answer.status == HTTPStatus.CONFLICT:
            raise ModelUnavailable(_detail(answer))
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RequestFailed(
                f"the recognition process at {self.address} failed at a request; see its log"
            )
        if answer.status not in ANSWERS:
            raise self._away(f"said {answer.status}: {_detail(answer)}")
        return answer

    def _away(self, what: str) -> ProcessAway:
        return ProcessAway(
            f"the recognition process at {self.address} {what}; is `greffier asr` running?"
        )


def _detail(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["detail"])[:200]
    except (ValueError, KeyError, TypeError):
        return answer.phrase
