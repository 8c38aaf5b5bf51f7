"""What a reader is told in place of speech that was not transcribed, in French and English.

« [12 s non transcrites : service redémarré] », "[12 s not transcribed: service restarted]".
"""

from __future__ import annotations

_NO_BREAK = "\u00a0"
_REASONS = {
    "fr": {
        "overload": "service surchargé",
        "outage": "service en panne",
        "restart": "service redémarré",
        "opted_out": "à la demande de la personne",
        "off_record": "hors procès-verbal",
    },
    "en": {
        "overload": "service overloaded",
        "outage": "service out of order",
        "restart": "service restarted",
        "opted_out": "at this person’s request",
        "off_record": "off the record",
    },
}


def gap_text(reason: str, length_ms: int, language: str) -> str:
    """A line of its own, in brackets; French or, for all other languages, English.

    A reason that is not known is left out: who reads old records must see the gap all the same.
    """
    french = language.lower().startswith("fr")
    why = _REASONS["fr" if french else "en"].get(reason)
    length = _length(length_ms)
    if french:
        lost = "non transcrite" if length in ("1 s", "1 min") else "non transcrites"
        # French sets a no-break space before a colon, and neither part of a length stands alone.
        words = f"{length.replace(' ', _NO_BREAK)} {lost}"
        return f"[{words}{_NO_BREAK}: {why}]" if why else f"[{words}]"
    return f"[{length} not transcribed: {why}]" if why else f"[{length} not transcribed]"


def _length(length_ms: int) -> str:
    # Never nothing: a gap that rounds to 0 s is one too.
    minutes, seconds = divmod(max(1, round(length_ms / 1000)), 60)
    parts = ((minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
