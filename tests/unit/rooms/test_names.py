"""Names from outside: cleaned or refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.names import NAME_POINTS, check_room_name, clean_name, guest_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("E\u0301lise", "Élise"),
        ("  Jean\t\n Paul ", "Jean Paul"),
        ("\u202eadmin\u202c", "admin"),
        ("a\u2066b\u2069\u200bc\u00add", "abcd"),
        ("\x00\x1b[31mx", "[31mx"),
        ("\u200d\u200c", ""),
        ("\u0301", ""),
        ("👩‍⚕️", "👩‍⚕️"),
        ("x" * 10_000, "x" * 100),
        ("\u2028a\u2029", "a"),
    ],
)
def test_a_name_loses_what_cannot_be_seen(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@given(st.text(max_size=500))
def test_no_name_keeps_control_or_direction_characters_and_cleaning_is_stable(name: str) -> None:
    clean = clean_name(name)
    assert len(clean) <= NAME_POINTS
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in clean)
    assert not any(unicodedata.bidirectional(char) in ("RLO", "LRO", "RLI") for char in clean)
    assert clean == clean.strip()


@pytest.mark.parametrize("name", ["a", "conseil-municipal", "A.b_9", "0" * 128])
def test_room_names_of_letters_digits_and_three_marks_pass(name: str) -> None:
    assert check_room_name(name) == name


def test_a_guest_keeps_their_number() -> None:
    assert guest_name("x", "fr") == guest_name("x", "fr")
    assert guest_name("x", "en").startswith("Guest ")
