"""The digest: chosen as said, with owners and dates that were said, never guessed."""

import pytest

from pipelines.minutes.digest import digest, due_date
from tests.unit.said import demo, talk

A, B, C = "Claire Martin", "Thomas Bernard", "Emma Wilson"


def of(*said):
    return digest(
        talk((A, "Bonjour."), (B, "Bonjour."), (C, "Hello."), *said), title="T", language="fr"
    )


def test_the_demo_meeting():
    """On the demo's own text: its decisions, two actions with owner and date, its open question."""
    found = digest(demo(), title="Portail", language="fr")
    assert [one.text for one in found.decisions] == [
        "Alors nous décidons de garder la campagne et de reporter la vidéo.",
        "Alors nous ouvrons le service le mardi quatorze avril.",
    ]
    assert [(one.owner, one.due) for one in found.actions] == [
        ("Thomas Bernard", "avant le douze mars"),
        ("Emma Wilson", "by Friday the twentieth of March"),
    ]
    assert ["by phone" in one.text for one in found.open_questions] == [True]
    assert 3 <= len(found.summary) <= 8
    ids = {one.id for one in demo().segments}
    claims = [*found.summary, *found.decisions, *found.actions, *found.open_questions]
    assert all(one.segments and set(one.segments) <= ids for one in claims)
    assert found.made_by == "digest"
    assert found.machine_made is True
    assert found == digest(demo(), title="Portail", language="fr")


@pytest.mark.parametrize(
    "text",
    [
        "Nous décidons de garder la vidéo.",
        "On a décidé de reporter la vidéo.",
        "Nous validons le budget de la campagne.",
        "Le plan est adopté par le conseil.",
        "We agreed to keep the video.",
        "We have decided to move the launch.",
        "nous decidons de garder la video",
    ],
)
def test_decisions(text):
    """Said in either language, with or without the accents that a recogniser loses."""
    assert [one.text for one in of((A, text)).decisions] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Alors nous avons un problème de budget.",
        "Est-ce que nous décidons maintenant?",
        "Did we agree on the date?",
        "Il faut décider du budget un jour.",
    ],
)
def test_no_decision(text):
    """What only sounds like one is none."""
    assert not of((A, text)).decisions


def test_a_bare_confirmation_points_to_what_it_confirms():
    """`C'est décidé` cites the sentence it is about."""
    (found,) = of((B, "Le service ouvre en avril avec le portail."), (A, "C'est décidé.")).decisions
    assert found.text == "Le service ouvre en avril avec le portail."
    assert found.segments == ("s4", "s5")


@pytest.mark.parametrize(
    ("text", "owner", "due"),
    [
        ("Thomas prépare le budget avant le 12 mars.", B, "avant le 12 mars"),
        ("Thomas Bernard enverra le contrat d'ici vendredi.", B, "d'ici vendredi"),
        ("Thomas préparer le budget avant le douze mars.", B, "avant le douze mars"),
        ("Emma va rédiger le rapport.", C, None),
        ("Emma will send the slides by Friday.", C, "by Friday"),
        ("Je m'en occupe.", A, None),
        ("Je vais envoyer le rapport demain.", A, "demain"),
        ("J'enverrai le contrat jeudi prochain.", A, "jeudi prochain"),
        ("J’appelle le fournisseur.", A, None),
        ("I will send the report by the end of next week.", A, "by the end of next week"),
        ("I'll call the supplier tomorrow.", A, "tomorrow"),
        ("Emma, peux-tu envoyer le rapport avant lundi?", C, "avant lundi"),
        ("Thomas, could you send the report by Monday?", B, "by Monday"),
        ("Il faut envoyer le dossier avant le 3 juin.", None, "avant le 3 juin"),
        ("Sophie prépare la salle, il faut la vérifier avant jeudi.", None, "avant jeudi"),
    ],
)
def test_actions(text, owner, due):
    """Who is named, or who speaks; a name that is no participant's is nobody's."""
    assert [(one.what, one.owner, one.due) for one in of((A, text)).actions] == [(text, owner, due)]


@pytest.mark.parametrize(
    "text",
    [
        "Emma will be happy.",
        "Je propose une pause.",
        "Qui rédige le rapport?",
        "Who will send the report?",
        "La consigne est claire et va être lue.",
        "I can write it.",
        "Thomas va bien.",
    ],
)
def test_no_action(text):
    """A wish, an offer, a question or an adjective that is also a name is no action."""
    assert not of((A, text)).actions


def test_a_first_name_that_two_share_names_nobody():
    """Two Claires: `Claire prépare…` has no owner, unless the full name is said."""
    two = digest(
        talk((A, "Bonjour."), ("Claire Petit", "Bonjour."), (B, "Claire Petit prépare le budget.")),
        title="", language="fr",
    )  # fmt: skip
    assert [one.owner for one in two.actions] == ["Claire Petit"]
    one = digest(
        talk((A, "Bonjour."), ("Claire Petit", "Oui."),
            (B, "Claire doit préparer la salle avant lundi.")),
        title="", language="fr",
    )  # fmt: skip
    assert [action.owner for action in one.actions] == [None]


def test_an_answered_question_is_not_open():
    """Somebody else answers: closed. Nobody does, or they say so: open, with that line's id."""
    assert not of(
        (A, "Est-ce que la correction est difficile?"), (B, "Non, elle est rapide.")
    ).open_questions
    (open_one,) = of((A, "Qui répond aux citoyens?"), (B, "Le sujet reste ouvert.")).open_questions
    assert open_one.segments == ("s4", "s5")
    assert len(of((A, "Quel budget pour la campagne?")).open_questions) == 1


def test_nothing_said():
    """An empty meeting has an empty digest."""
    found = digest(talk(), title="T", language="de")
    assert (found.summary, found.decisions, found.language) == ((), (), "en")


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("pour la réunion de mars", "pour la réunion de mars"),
        ("d'ici la fin du mois, sans faute", "d'ici la fin du mois"),
        ("avant vendredi à la mairie", "avant vendredi"),
        ("au plus tard le premier décembre", "au plus tard le premier décembre"),
        ("before the meeting on Monday", "before the meeting on Monday"),
        ("pour la formation", None),
        ("by the team", None),
    ],
)
def test_due_date_is_verbatim(text, due):
    """The time limit is cut out as it was said, and only a time is one."""
    assert due_date(f"On envoie {text}", bare=False) == due
