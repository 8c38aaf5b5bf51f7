"""The mail: what a mail program, a screen reader and an attacker find in it."""

import html
from email import message_from_bytes
from email.policy import default

import pytest

from delivery.letter import AddressInvalid, Attachment, Letter, compose, message_id
from pipelines.minutes.digest import digest
from pipelines.minutes.schema import Claim, Minutes
from storage.line import Organiser
from tests.unit.said import ORGANISER, demo, meeting, talk

SENDER = "Greffe <greffe@mairie.fr>"
FILES = (
    Attachment(name="transcript.vtt", subtype="vtt", text="WEBVTT\n\né"),
    Attachment(name="minutes.md", subtype="markdown", text="# é"),
)


def mail(organiser=ORGANISER, minutes=None, transcript=None, page="https://visio.fr/", **given):
    transcript = transcript or demo()
    letter = Letter(
        meeting=meeting(**given), transcript=transcript, organiser=organiser,
        minutes=minutes or digest(transcript, title=given.get("title", "Conseil"), language="fr"),
        attachments=FILES, page_url=page,
    )  # fmt: skip
    return message_from_bytes(bytes(compose(letter, sender=SENDER)), policy=default)


def body(message, kind):
    return message.get_body((kind,)).get_content()


def test_headers():
    """Marked as automatic, in its language, with an id that a second try has too."""
    message = mail()
    assert message["Subject"] == "Compte rendu\u00a0: Conseil"
    assert message["To"] == "Claire Martin <claire@exemple.fr>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message["Message-ID"] == message_id(meeting().id, "Claire@exemple.fr ", SENDER)
    assert message["Message-ID"].endswith("@mairie.fr>")
    assert message["Message-ID"] == mail()["Message-ID"]
    other = Organiser(email="bob@exemple.fr", name="Bob")
    assert mail(other)["Message-ID"] != message["Message-ID"]


def test_both_bodies_say_the_same():
    """Text and HTML both hold the machine's line, the decision, the owner and the date."""
    message = mail()
    for text in (body(message, "plain"), html.unescape(body(message, "html"))):
        for said in (
            "extrait, pas un résumé",
            "garder la campagne",
            "Thomas Bernard",
            "douze mars",
        ):
            assert said in text
    assert "Bonjour Claire Martin," in body(message, "plain")


def test_the_organisers_language():
    """Words around are the organiser's language; what was said keeps its own, marked."""
    english = Organiser(email="c@exemple.fr", name="Emma", language="en")
    message = mail(english)
    assert message["Subject"] == "Minutes: Conseil"
    page = body(message, "html")
    assert '<html lang="en">' in page
    assert '<span lang="fr">Alors nous' in page
    assert "Hello Emma," in body(message, "plain")


def test_attachments():
    """The files, readable as they are on disk."""
    found = {one.get_filename(): one for one in mail().iter_attachments()}
    assert found["transcript.vtt"].get_content_type() == "text/vtt"
    assert found["transcript.vtt"].get_content().split() == ["WEBVTT", "é"]
    assert found["minutes.md"].get_content_type() == "text/markdown"


def test_speech_is_escaped():
    """Nothing said becomes HTML; the only link is our page."""
    evil = '<script>alert(1)</script> <a href="https://evil.test">x</a>'
    transcript = talk((evil, evil))
    minutes = Minutes(
        made_by="llm x", title=evil, language="fr", summary=(Claim(text=evil, segments=("s1",)),)
    )
    page = body(mail(minutes=minutes, transcript=transcript, room="a b&c"), "html")
    assert "<script" not in page
    assert page.count("<a ") == 1
    assert 'href="https://visio.fr/?room=a%20b%26c"' in page


@pytest.mark.parametrize("page", ["", "javascript:alert(1)"])
def test_no_page_no_link(page):
    """Without an address of our own there is no link at all."""
    assert "<a " not in body(mail(page=page), "html")


def test_no_header_injection():
    """A title or a name with line breaks is one line."""
    organiser = Organiser(email="c@exemple.fr", name="C\r\nBcc: x@evil.test")
    minutes = Minutes(made_by="digest", title="A\r\nBcc: y@evil.test\u202e", language="fr")
    message = mail(organiser, minutes=minutes)
    assert message["Bcc"] is None
    assert message["Subject"] == "Compte rendu\u00a0: A Bcc: y@evil.test"


def test_a_long_title():
    """A subject stays within reason."""
    minutes = Minutes(made_by="digest", title="a" * 500, language="fr")
    assert len(mail(minutes=minutes)["Subject"]) <= 150


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b@c", "a@exemple.fr\r\nBcc: x@evil.test", "a@e.fr, b@e.fr", "<a@"]
)
def test_an_address_that_is_none(email):
    """Such an organiser is refused, before any server is asked."""
    with pytest.raises(AddressInvalid):
        mail(Organiser(email=email, name="X"))


def test_a_note_and_gaps_are_shown():
    """What went wrong is said in the mail."""
    minutes = Minutes(made_by="digest", note="x", title="T", language="fr")
    assert "modèle de langue" in body(mail(minutes=minutes), "plain")
