"""A recogniser whose finals can be given up: they become gaps, instead of waiting for ever."""

from __future__ import annotations

import asyncio

from models.base import ModelUnavailable, Recogniser, Recognition, RecognitionRequest


class PatientRecogniser:
    """Passes requests on until `give_up`; from then on every request is ModelUnavailable."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._given_up = asyncio.Event()

    def give_up(self) -> None:
        """The meeting must end now: what has no text yet is recorded as an outage."""
        self._given_up.set()

    async def recognise(self, request: RecognitionRequest) -> Recognition:
        """As `Recogniser.recognise`. Raises ModelUnavailable once given up."""
        answer = asyncio.ensure_future(self._recogniser.recognise(request))
        over = asyncio.ensure_future(self._given_up.wait())
        try:
            await asyncio.wait({answer, over}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise ModelUnavailable("the meeting ended while the recognition process was away")
        finally:
            answer.cancel()
            over.cancel()
