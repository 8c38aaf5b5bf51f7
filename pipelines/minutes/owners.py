"""Whose action it is: a participant who is named, or who speaks; never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.minutes.words import fold

_NUMBERED = re.compile(r" \(\d+\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A participant named in a sentence: who, and what follows the name (folded)."""

    owner: str
    rest: str


class Owners:
    """The participants by what they may be called: the full name, or the first name.

    What two participants are called alike names nobody.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        calls: dict[str, set[str]] = {}
        for label in labels:
            name = _NUMBERED.sub("", label)
            for call in {name, name.split()[0]} if name else set():
                calls.setdefault(fold(call), set()).add(label)
        self._calls: Mapping[str, str] = {
            call: next(iter(labels)) for call, labels in calls.items() if len(labels) == 1
        }
        longest_first = sorted(self._calls, key=lambda call: (-len(call), call))
        self._pattern = (
            re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(?![\w-])")
            if longest_first
            else None
        )

    def mentions(self, text: str) -> list[Mention]:
        """Those named in `text`, in order. A name counts only when it is written as one: a
        capital sets `Claire` apart from `claire`."""
        if self._pattern is None:
            return []
        folded = fold(text)
        capital = _capitals(text)
        return [
            Mention(owner=self._calls[match.group(1)], rest=folded[match.end() :])
            for match in self._pattern.finditer(folded)
            if match.group(1).split()[0] in capital
        ]

    def named(self, name: str) -> str | None:
        """The participant that `name` stands for, if it stands for exactly one."""
        return self._calls.get(fold(name.strip()))


def _capitals(text: str) -> set[str]:
    words: Iterable[str] = re.findall(r"[^\W_][\w-]*", text)
    return {fold(word) for word in words if not word[0].islower()}
