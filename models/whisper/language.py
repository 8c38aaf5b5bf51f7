"""Which language a sound is in, among those that may be spoken. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def likeliest(
    heard: Mapping[str, float], languages: Sequence[str], prior: Sequence[float] = ()
) -> tuple[str, float]:
    """The language among `languages`, and its share of what was `heard` of them, prior left out."""
    known = {code: max(heard.get(code, 0.0), 1e-9) for code in languages}
    weights = dict(zip(languages, prior, strict=True)) if prior else {}
    best = max(known, key=lambda code: known[code] * weights.get(code, 1.0))
    return best, known[best] / sum(known.values())
