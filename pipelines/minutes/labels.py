"""The words around the minutes, in French and English, with the typography of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.export.clean import supported
from pipelines.minutes.digest import MADE_BY as DIGEST

_MONTHS_FR = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
_MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One language's words. French sets a no-break space before a colon."""

    minutes: str
    participants: str
    summary_llm: str
    summary_digest: str
    decisions: str
    actions: str
    open_questions: str
    no_decisions: str
    no_actions: str
    no_open_questions: str
    no_speech: str
    owner_unknown: str
    due: str
    colon: str
    machine_llm: str
    machine_digest: str
    llm_failed: str
    incomplete: str
    untitled: str
    greeting: str
    intro: str
    attached: str
    open_page: str
    footer: str


_FR = Labels(
    minutes="Compte rendu",
    participants="Participants",
    summary_llm="Synthèse",
    summary_digest="Extraits marquants",
    decisions="Décisions",
    actions="Actions",
    open_questions="Questions ouvertes",
    no_decisions="Aucune décision relevée.",
    no_actions="Aucune action relevée.",
    no_open_questions="Aucune question ouverte relevée.",
    no_speech="Aucune parole n’a été transcrite pendant cette réunion.",
    owner_unknown="Responsable non précisé",
    due="échéance",
    colon="\u00a0:",
    machine_llm="Ce compte rendu a été rédigé automatiquement par une intelligence artificielle "
    "({made_by}) à partir de la transcription. Il peut contenir des erreurs\u00a0: "
    "vérifiez-le avant de vous en servir.",
    machine_digest="Ce compte rendu a été produit automatiquement par une machine. C’est un "
    "extrait, pas un résumé\u00a0: des phrases de la réunion, choisies par mots-clés et citées "
    "telles que la machine les a entendues. Il peut contenir des erreurs et des oublis.",
    llm_failed="Le modèle de langue n’a pas pu rédiger le compte rendu\u00a0; "
    "voici à la place un extrait de la transcription.",
    incomplete="Une partie de la réunion n’a pas été transcrite\u00a0; "
    "les passages manquants sont signalés dans la transcription.",
    untitled="Réunion",
    greeting="Bonjour {name},",
    intro="Voici le compte rendu de la réunion du {date}.",
    attached="La transcription (.vtt et .md) et le compte rendu (.md) sont joints à ce message.",
    open_page="Ouvrir la page de la réunion",
    footer="Message automatique de Greffier, le greffe de vos réunions. Vous le recevez parce "
    "que votre nom figure parmi les personnes qui organisent cette réunion.",
)

_EN = Labels(
    minutes="Minutes",
    participants="Participants",
    summary_llm="Summary",
    summary_digest="Notable extracts",
    decisions="Decisions",
    actions="Actions",
    open_questions="Open questions",
    no_decisions="No decision found.",
    no_actions="No action found.",
    no_open_questions="No open question found.",
    no_speech="No speech was transcribed during this meeting.",
    owner_unknown="Owner not stated",
    due="due",
    colon=":",
    machine_llm="These minutes were written automatically by an artificial intelligence "
    "({made_by}) from the transcript. They may contain errors: check them before you rely "
    "on them.",
    machine_digest="These minutes were produced automatically by a machine. They are an extract, "
    "not a summary: sentences of the meeting, chosen by key words and quoted as the machine "
    "heard them. They may contain errors and omissions.",
    llm_failed="The language model could not write the minutes; here is an extract of the "
    "transcript instead.",
    incomplete="Part of the meeting was not transcribed; the missing passages are marked in the "
    "transcript.",
    untitled="Meeting",
    greeting="Hello {name},",
    intro="Here are the minutes of the meeting of {date}.",
    attached="The transcript (.vtt and .md) and the minutes (.md) are attached to this message.",
    open_page="Open the meeting page",
    footer="Automatic message from Greffier, which keeps the record of your meetings. You receive "
    "it because you are named as an organiser of this meeting.",
)


def labels(language: str) -> Labels:
    """The words in French, or in English for every other language."""
    return _FR if supported(language) == "fr" else _EN


def machine_line(made_by: str, language: str) -> str:
    """The visible line that says a machine made the minutes, and how (AI Act, article 50)."""
    words = labels(language)
    if made_by == DIGEST:
        return words.machine_digest
    return words.machine_llm.format(made_by=made_by.removeprefix("llm "))


def summary_title(made_by: str, language: str) -> str:
    """The heading over the summary; an extract is not called a summary."""
    words = labels(language)
    return words.summary_digest if made_by == DIGEST else words.summary_llm


def date(at: datetime, language: str) -> str:
    """`23 novembre 2026 à 14 h 05 (UTC)`, `23 November 2026, 14:05 (UTC)`."""
    at = at.astimezone(UTC)
    if supported(language) == "fr":
        day = "1er" if at.day == 1 else str(at.day)
        month = _MONTHS_FR[at.month - 1]
        return f"{day} {month} {at.year} à {at.hour}\u00a0h\u00a0{at.minute:02} (UTC)"
    return f"{at.day} {_MONTHS_EN[at.month - 1]} {at.year}, {at.hour:02}:{at.minute:02} (UTC)"
