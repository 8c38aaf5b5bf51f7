"""Says what the demo model is, wherever a person could speak to it."""

from __future__ import annotations

from pathlib import Path

NOTE = (
    "The demo model knows about a thousand words in French and in English, and invents text "
    "for anything else. For real meetings: README, “Real models”."
)


def is_demo(model: Path) -> bool:
    """Whether the model folder is the demo model's."""
    return model.name == "demo-model"


def demo_note(model: Path) -> str:
    """The line about the demo model; empty for any other."""
    return NOTE if is_demo(model) else ""
