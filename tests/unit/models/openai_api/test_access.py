from __future__ import annotations

import pytest
from pydantic import SecretStr

from models.openai_api.access import Access
from models.openai_api.errors import ApiError
from models.settings import AsrSettings

PRIVATE = ["unix:a.sock", "http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"]
PUBLIC = ["http://0.0.0.0:9000", "http://[::]:9000", "http://10.0.0.3:9000", "http://asr:9000"]


def status(url: str, key: str, header: str) -> int:
    access = Access(AsrSettings(url=url, api_key=SecretStr(key)))
    try:
        access.check(header)
    except ApiError as error:
        return error.status
    return 200


@pytest.mark.parametrize("url", PRIVATE)
def test_this_machine_needs_no_key(url: str) -> None:
    """Without a key everybody on this machine may; what they send as a key doesn't matter."""
    assert status(url, "", "") == status(url, "", "Bearer whatever") == 200


@pytest.mark.parametrize("url", PUBLIC)
def test_others_need_one(url: str) -> None:
    """An address that others reach is closed until a key is set, and the message says how."""
    assert status(url, "", "Bearer whatever") == 403
    with pytest.raises(ApiError, match="GREFFIER_ASR__API_KEY"):
        Access(AsrSettings(url=url)).check("")


@pytest.mark.parametrize("url", [*PRIVATE, *PUBLIC])
def test_a_key_is_for_everybody(url: str) -> None:
    """Once there is a key, only it opens."""
    assert status(url, "clé", "Bearer clé") == status(url, "clé", "bearer  clé") == 200
    for header in ("", "Bearer", "Bearer cl", "Basic clé", "clé"):
        assert status(url, "clé", header) == 401
