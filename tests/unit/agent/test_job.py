"""A job in its process: what it is given, and when it leaves at once."""

import pickle
from dataclasses import replace
from types import SimpleNamespace

from agent.job import JobValues, begin, settings_of
from pipelines.settings import CaptionSettings
from storage.line import Room
from tests.unit.agent.job_values import VALUES


async def test_a_job_whose_meeting_has_ended_leaves_at_once(database_url: str) -> None:
    left: list[str] = []
    context = SimpleNamespace(
        job=SimpleNamespace(id="AJ_1", room=SimpleNamespace(name="salle")), shutdown=left.append
    )
    values = JobValues(
        agent=VALUES.agent,
        captions=VALUES.captions,
        asr_url="",
        database_url=database_url,
        livekit_url="",
        api_key="",
        api_secret="",
    )
    await begin(context, values=values)
    assert len(left) == 1


def test_the_values_reach_a_process_and_hide_the_secret() -> None:
    assert pickle.loads(pickle.dumps(VALUES)) == VALUES
    assert "very-secret" not in repr(VALUES)


def test_a_room_adds_its_terms_and_may_have_one_language() -> None:
    """Another product's room has the deployment's settings."""
    captions = CaptionSettings(glossary=("Visio",))
    room = Room(
        name="salle",
        title="Salle",
        language="fr",
        organisers=(),
        transcribe=True,
        glossary=("LiveKit",),
        spoken="en",
    )
    assert settings_of(None, captions) == captions
    assert settings_of(room, captions).glossary == ("LiveKit", "Visio")
    assert settings_of(room, captions).languages == ("en",)
    assert settings_of(replace(room, spoken=None), captions).languages == ("fr", "en")
