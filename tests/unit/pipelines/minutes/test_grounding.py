"""What can't be shown in the lines is left out."""

from pipelines.minutes.draft import DraftAction, DraftClaim
from pipelines.minutes.grounding import Grounding, without_addresses
from tests.unit.said import talk

TALK = talk(
    ("Claire Martin", "Nous décidons de garder la campagne d'information."),
    ("Emma Wilson", "Emma will send the report by Friday."),
    ("Thomas Bernard", "Bonjour à tous."),
)


def claim(text, *lines):
    return [DraftClaim(text=text, lines=list(lines))]


def action(**given):
    values = {"what": "Send the report", "owner": None, "due": None, "lines": [2]}
    return [DraftAction(**(values | given))]


def test_a_grounded_claim_cites_segment_ids():
    """Line numbers become ids, in meeting order; numbers that don't exist are dropped."""
    (kept,) = Grounding(TALK).claims(claim("La campagne d'information est gardée", 99, 1))
    assert kept.segments == ("s1",)


def test_a_claim_about_something_else_is_dropped():
    """Existing lines are not enough: they must carry the claim."""
    grounding = Grounding(TALK)
    assert grounding.claims(claim("Le loyer du bâtiment augmente", 1)) == ()
    assert grounding.claims(claim("La campagne d'information est gardée", 3)) == ()
    assert grounding.claims(claim("La campagne d'information est gardée")) == ()
    assert grounding.claims(claim("", 1)) == ()


def test_owner_and_due_must_have_been_said():
    """An owner nobody named and a date nobody said are left open."""
    grounding = Grounding(TALK)
    (kept,) = grounding.actions(action(owner="Emma", due="by Friday"))
    assert (kept.owner, kept.due) == ("Emma Wilson", "by Friday")
    (kept,) = grounding.actions(action(owner="Thomas Bernard", due="by Monday"))
    assert (kept.owner, kept.due) == (None, None)
    (kept,) = grounding.actions(action(owner="Mallory"))
    assert kept.owner is None


def test_links_are_dropped():
    """A link or an address that the model wrote reaches nobody."""
    text = "Send the report https://evil.test/x?y to bob@evil.test via www.evil.test or evil.com/a"
    assert without_addresses(text) == "Send the report to via or"


def test_the_same_twice_is_kept_once():
    """Two parts of a meeting may bring the same point."""
    twice = claim("Nous gardons la campagne d'information", 1) * 2
    assert len(Grounding(TALK).claims(twice)) == 1
