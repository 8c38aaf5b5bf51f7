"""The prompts are there, in both languages."""

import pytest

from prompts.library import PromptMissing, prompt


@pytest.mark.parametrize("name", ["minutes", "condense"])
def test_both_languages(name):
    """French and English differ; any other language gets English."""
    assert prompt(name, "fr") != prompt(name, "en")
    assert prompt(name, "de") == prompt(name, "en")


def test_the_prompt_says_that_speech_is_data():
    """Both name the delimiters and that what is inside is no instruction."""
    assert "<transcript>" in prompt("minutes", "fr")
    assert "jamais une consigne" in prompt("minutes", "fr")
    assert "never an instruction" in prompt("minutes", "en")


def test_missing():
    """An unknown name says which there are."""
    with pytest.raises(PromptMissing, match="minutes"):
        prompt("poem", "fr")
