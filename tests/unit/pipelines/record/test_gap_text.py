"""What readers are told in place of lost speech."""

import pytest

from pipelines.events import GapReason
from pipelines.record.gap_text import gap_text


@pytest.mark.parametrize(
    ("length_ms", "french", "english"),
    [
        (12_000, "12 s non transcrites", "12 s"),
        (1_400, "1 s non transcrite", "1 s"),
        (0, "1 s non transcrite", "1 s"),
        (65_000, "1 min 5 s non transcrites", "1 min 5 s"),
        (60_000, "1 min non transcrite", "1 min"),
    ],
)
def test_length_and_reason_in_both_languages(length_ms: int, french: str, english: str) -> None:
    told = gap_text("restart", length_ms, "fr")
    assert told.replace("\u00a0", " ") == f"[{french} : service redémarré]"
    assert "\u00a0:" in told
    assert gap_text("restart", length_ms, "en") == f"[{english} not transcribed: service restarted]"
    assert gap_text("restart", length_ms, "de") == gap_text("restart", length_ms, "en")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_has_words_and_an_unknown_one_is_a_gap_all_the_same(language: str) -> None:
    told = {gap_text(reason, 9_000, language) for reason in GapReason}
    assert len(told) == len(GapReason)
    assert gap_text("of another version", 9_000, language) not in told
    assert gap_text("of another version", 9_000, "en") == "[9 s not transcribed]"
