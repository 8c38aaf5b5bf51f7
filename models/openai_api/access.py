"""Who may use /v1: holders of the key, and without a key only this machine."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from models.openai_api.errors import ApiError
from models.settings import AsrSettings
from models.wire.address import Address, parse_address


class Access:
    """The rule for one process. The key guards /v1 only, not `/recognise`."""

    def __init__(self, settings: AsrSettings) -> None:
        self._key = settings.api_key.get_secret_value().encode()
        self._private = is_private(parse_address(settings.url))

    def check(self, authorization: str) -> None:
        """Take the header's value; raise ApiError for who may not."""
        if not self._key:
            if self._private:
                return
            raise ApiError(
                403,
                "this server listens beyond its own machine and has no key yet; set"
                " GREFFIER_ASR__API_KEY and send it as a bearer token",
                code="no_api_key_set",
            )
        scheme, _, given = authorization.partition(" ")
        # compare_digest takes as long for a near miss as for any other.
        right = hmac.compare_digest(given.strip().encode(), self._key)
        if scheme.lower() != "bearer" or not right:
            raise ApiError(
                401,
                "the API key is missing or wrong; send GREFFIER_ASR__API_KEY as a bearer token",
                code="invalid_api_key",
            )


def is_private(address: Address) -> bool:
    """Whether only this machine reaches the address: a Unix socket, or loopback."""
    if address.path is not None or address.host == "localhost":
        return True
    try:
        return ip_address(address.host).is_loopback
    except ValueError:  # a name: where it leads is not ours to know
        return False
