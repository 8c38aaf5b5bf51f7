"""minutes.md: readable, marked, in both languages."""

from pipelines.minutes.digest import digest
from pipelines.minutes.render import render
from pipelines.minutes.schema import Action, Claim, Minutes
from pipelines.record.transcript import build
from tests.unit.said import demo, gap, meeting, talk


def test_a_digest_in_french():
    """Heading, the machine's line that calls it an extract, times of each point, typography."""
    page = render(meeting(), demo(), digest(demo(), title="Portail *1*", language="fr"))
    assert page.startswith(
        "# Compte rendu\u00a0: Portail \\*1\\*\n\n> Ce compte rendu a été produit"
    )
    assert "extrait, pas un résumé" in page
    assert "1er novembre 2026 à 14\u00a0h\u00a005 (UTC)" in page
    assert "- **Thomas Bernard**\u00a0: Thomas prépare" in page
    assert "## Extraits marquants" in page


def test_an_llm_in_english():
    """An LLM's minutes name the model; an action without owner says so; links stay text."""
    minutes = Minutes(
        made_by="llm small", title="", language="en",
        summary=(Claim(text="A [b](c)", segments=("s1",)),),
        actions=(Action(what="Send it", segments=("s1",), due="by Friday"),),
    )  # fmt: skip
    page = render(meeting(language="en"), talk(("A", "Send it by Friday.")), minutes)
    assert page.startswith("# Minutes: Meeting")
    assert "artificial intelligence (small)" in page
    assert "- A \\[b\\](c) *(00:00)*" in page
    assert "- **Owner not stated**: Send it — due: by Friday *(00:00)*" in page
    assert "No decision found." in page


def test_gaps_and_silence_are_said():
    """Loss is never silent, and a meeting without speech says that."""
    transcript = build([gap(1, "A")], {})
    page = render(meeting(), transcript, digest(transcript, title="T", language="fr"))
    assert "n’a pas été transcrite" in page
    assert "Aucune parole" in page
