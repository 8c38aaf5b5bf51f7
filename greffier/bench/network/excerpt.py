"""The beginning of the demo meeting, cut where nobody speaks for the person whose track is cut."""

from __future__ import annotations

from dataclasses import replace

from greffier.demo.script import PUBLISH_RATE, Role, Script

_TAIL_SEC = 1.5
"""Silence after the last word, in which the utterance ends by itself."""


def excerpt(script: Script, seconds: float) -> Script:
    """Only the turns that end within the first `seconds`, and the people who speak in them."""
    turns = tuple(turn for turn in script.turns if turn.words[-1].end_sec <= seconds)
    if not turns:
        raise ValueError(f"nobody ends a sentence within {seconds:g} s")
    ends = {turn.identity: turn.words[-1].end_sec for turn in turns}
    begins = {
        turn.identity: turn.words[0].start_sec for turn in reversed(script.turns[len(turns) :])
    }
    roles = tuple(
        _cut(role, min(ends[role.identity] + _TAIL_SEC, begins.get(role.identity, float("inf"))))
        for role in script.roles
        if role.identity in ends
    )
    return Script(roles=roles, turns=turns)


def _cut(role: Role, seconds: float) -> Role:
    if seconds * PUBLISH_RATE >= len(role.samples):
        return role
    return replace(role, samples=role.samples[: int(seconds * PUBLISH_RATE)])
