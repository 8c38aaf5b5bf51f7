"""The prompts by name and language. They lie beside this file, so that they are read and changed
as the prose they are."""

from __future__ import annotations

from functools import cache
from importlib import resources


class PromptMissing(Exception):
    """No prompt of this name; the message names those there are."""


@cache
def prompt(name: str, language: str) -> str:
    """The prompt `name` in French, or in English for every other language.

    Raises PromptMissing for a name that is not in the library.
    """
    file = f"{name}.{'fr' if language.lower().startswith('fr') else 'en'}.md"
    found = {
        one.name: one for one in resources.files("prompts").iterdir() if one.name[-3:] == ".md"
    }
    if file not in found:
        raise PromptMissing(f"there is no prompt {file}; there are {', '.join(sorted(found))}")
    return found[file].read_text(encoding="utf-8").strip()
