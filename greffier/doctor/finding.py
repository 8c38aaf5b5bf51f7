"""What was found at one part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from greffier.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`well` None: not configured, which is allowed. `words`: one line; where bad, the mend."""

    part: str
    well: bool | None
    words: str


Check = Callable[[Settings], Awaitable[Finding]]


def one_line(error: BaseException) -> str:
    """An error's message, or its kind where it has none."""
    return " ".join(str(error).split()) or type(error).__name__
