"""Echo in the demo meeting, from its audio to its captions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.demo_model import InProcess, demo_model
from tests.unit.pipelines.echo.leaky_meeting import leaky, outside_own_turns, play, tracks

pytestmark = pytest.mark.slow
FIRST_SEC, END_SEC = 31.8, 41.2


@pytest.fixture(scope="module")
def model() -> Iterator[InProcess]:
    with demo_model() as model:
        yield model


@pytest.mark.parametrize("level_db", [-6, -12, -18, -24, -30])
async def test_an_echo_is_nobodys_words(model: InProcess, level_db: float) -> None:
    """Three tracks, each with the others in it: every sentence once, under who said it.

    Thomas and Emma speak at once for half a second; neither loses words by it.
    """
    sinks = await play(model, leaky(tracks(FIRST_SEC, END_SEC), level_db))
    assert outside_own_turns(sinks, FIRST_SEC) == []
    said = {who: " ".join(one.text for one in sink.finals) for who, sink in sinks.items()}
    assert said["claire-martin"] == ""
    assert said["thomas-bernard"].startswith("Oui, le contrat est signé pour")
    assert said["emma-wilson"].startswith("Is the hosting contract part of this amount")
    assert said["emma-wilson"].casefold().rstrip(".").endswith("thank you")
    assert "thank" not in said["thomas-bernard"].casefold()
    assert "contrat" not in said["emma-wilson"].casefold()
