from __future__ import annotations

from pipelines.language import LanguageMemory


def test_one_language_is_never_detected() -> None:
    """Where only one may be spoken, it is."""
    assert LanguageMemory(("fr",)).choose(5) == "fr"


def test_short_speech_follows_what_was_spoken_before() -> None:
    """Two finals in one language decide for a short answer, not for a long one."""
    memory = LanguageMemory(("fr", "en"))
    assert memory.choose(0.5) is None
    memory.heard("en", 3)
    assert memory.choose(0.5) is None
    memory.heard("en", 3)
    assert memory.choose(0.5) == "en"
    assert memory.choose(2.0) is None


def test_a_mixed_past_and_short_finals_prove_nothing() -> None:
    """Who changes language is detected anew; short finals don't count."""
    memory = LanguageMemory(("fr", "en"))
    for language, sec in (("en", 3.0), ("fr", 3.0), ("fr", 0.4), ("de", 4.0)):
        memory.heard(language, sec)
    assert memory.choose(0.5) is None
