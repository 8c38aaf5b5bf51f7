"""The beginning of the demo meeting."""

from __future__ import annotations

import pytest

from greffier.bench.network.excerpt import excerpt
from greffier.demo.script import PUBLISH_RATE, load


def test_whole_turns_and_only_their_speakers_are_kept() -> None:
    """A track ends after its last kept word, and before the next turn of the same person."""
    script = load()
    part = excerpt(script, 20)
    assert part.turns == script.turns[: len(part.turns)]
    assert {role.identity for role in part.roles} == {turn.identity for turn in part.turns}
    for role in part.roles:
        length = len(role.samples) / PUBLISH_RATE
        mine = [turn for turn in script.turns if turn.identity == role.identity]
        kept = [turn for turn in part.turns if turn.identity == role.identity]
        assert kept[-1].words[-1].end_sec < length
        assert all(turn.words[0].start_sec >= length for turn in mine[len(kept) :])


def test_the_whole_meeting_is_left_as_it_is() -> None:
    """More seconds than there are change nothing but the silence at the end."""
    script = load()
    assert excerpt(script, 10_000).turns == script.turns


def test_too_short_a_part_is_refused() -> None:
    """Nobody has ended a sentence yet."""
    with pytest.raises(ValueError, match="nobody ends a sentence"):
        excerpt(load(), 0.5)
