"""An exchange that asks a handler or an application in this process, through httpx."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from models.client.connections import Answer, Exchange, NoAnswer
from models.wire.address import Address


class HttpxExchange:
    def __init__(self, address: Address, transport: httpx.AsyncBaseTransport) -> None:
        self._http = httpx.AsyncClient(transport=transport, base_url=address.base_url)

    async def send(
        self,
        method: str,
        target: str,
        *,
        timeout_sec: float,
        headers: Mapping[str, str] = {},
        body: bytes = b"",
    ) -> Answer:
        try:
            response = await self._http.request(
                method, target, content=body, headers=dict(headers), timeout=timeout_sec
            )
        except httpx.TransportError as error:
            raise NoAnswer(f"doesn't answer ({type(error).__name__})") from error
        return Answer(status=response.status_code, body=response.content)

    async def aclose(self) -> None:
        await self._http.aclose()


def over(transport: httpx.AsyncBaseTransport) -> Callable[[Address], Exchange]:
    """For `AsrClient(exchange=…)`."""
    return lambda address: HttpxExchange(address, transport)
