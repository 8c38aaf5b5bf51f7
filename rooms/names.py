"""Names that come from outside: rooms, identities, people. Cleaned, or refused with the reason."""

from __future__ import annotations

import hashlib
import re
import unicodedata

NAME_POINTS = 100
"""Code points of a display name that are kept."""

_ROOM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:+-]{0,127}")
_GUEST = {"fr": "Invité", "en": "Guest"}
# Joiners shape letters in several scripts and emoji; every other format character is invisible
# and only serves to imitate another name or to turn a line around.
_KEPT_FORMAT = frozenset("\u200c\u200d")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def check_room_name(name: str) -> str:
    """The name. Raises ValueError saying what is allowed."""
    if _ROOM.fullmatch(name) is None:
        raise ValueError(
            "a room's name is 1 to 128 letters a–z or A–Z, digits, '-', '_' or '.', "
            "and begins with a letter or digit: choose such a name, and put any other in the title"
        )
    return name


def check_identity(identity: str) -> str:
    """The identity. Raises ValueError saying what is allowed."""
    if _IDENTITY.fullmatch(identity) is None:
        raise ValueError(
            "an identity is 1 to 128 letters a–z or A–Z, digits or '._@:+-', "
            "and begins with a letter or digit: choose such a one, or leave it out to be given one"
        )
    return identity


def clean_name(name: str, limit: int = NAME_POINTS) -> str:
    """NFC on one line, without control or direction characters, at most `limit` code points.

    Empty if nothing visible is left.
    """
    # Cut before normalising: NFC of a huge name costs more than it is worth.
    spaced = " ".join(name[: limit * 4].split())
    kept = "".join(
        char
        for char in unicodedata.normalize("NFC", spaced)
        if char in _KEPT_FORMAT or unicodedata.category(char) not in _INVISIBLE
    )
    short = " ".join(kept.split())[:limit].strip()
    return short if any(unicodedata.category(char)[0] in "LNPS" for char in short) else ""


def guest_name(identity: str, language: str) -> str:
    """The name of somebody who gave none: the same for the same identity."""
    number = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:4]) % 900 + 100
    return f"{_GUEST.get(language, _GUEST['en'])} {number}"
