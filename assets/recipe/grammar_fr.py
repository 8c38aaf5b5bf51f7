"""French sentence patterns over the closed vocabulary."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from . import lexicon_fr as lex

NAMES = frozenset((*lex.FIRST_NAMES, *lex.FAMILY_NAMES))
VOWELS = "aeiouyéèêâîôûh"


def _elides(word: str) -> bool:
    return word[0].lower() in VOWELS


def noun(rng: random.Random, kind: str = "def") -> str:
    """Return a noun with an article: ``def``, ``ind``, ``de``, ``a``, ``dem`` or ``pos``."""
    feminine = rng.random() < 0.5
    word = rng.choice(lex.NOUNS_F if feminine else lex.NOUNS_M)
    vowel = _elides(word)
    match kind:
        case "def":
            return f"l'{word}" if vowel else f"{'la' if feminine else 'le'} {word}"
        case "de":
            return f"de l'{word}" if vowel else f"{'de la' if feminine else 'du'} {word}"
        case "a":
            return f"à l'{word}" if vowel else f"{'à la' if feminine else 'au'} {word}"
        case "dem":
            return f"{'cette' if feminine else 'cet' if vowel else 'ce'} {word}"
        case "pos":
            return f"{rng.choice(('notre', 'votre', 'leur'))} {word}"
        case _:
            return f"{'une' if feminine else 'un'} {word}"


def _verb(form: str) -> Callable[[random.Random], str]:
    return lambda rng: lex.VERB_FORMS[rng.choice(lex.VERBS_ER)][form]


def _elided(form: str, full: str, short: str) -> Callable[[random.Random], str]:
    def pick(rng: random.Random) -> str:
        word = lex.VERB_FORMS[rng.choice(lex.VERBS_ER)][form]
        return f"{short}{word}" if _elides(word) else f"{full} {word}"

    return pick


def day_number(rng: random.Random) -> str:
    """Return a day of the month in words."""
    value = rng.randint(1, 31)
    return "premier" if value == 1 else lex.number(value)


def amount(rng: random.Random) -> str:
    """Return a number from small to hundreds of thousands."""
    draw = rng.random()
    if draw < 0.4:
        return lex.number(rng.randint(2, 30))
    if draw < 0.65:
        return lex.number(rng.randint(31, 99))
    if draw < 0.9:
        return lex.number(rng.randint(2, 99) * 1000)
    return lex.number(rng.randint(100, 999))


def np(rng: random.Random) -> str:
    """Return a noun phrase, sometimes with a complement."""
    base = noun(rng, rng.choice(("def", "def", "def", "dem", "pos")))
    return f"{base} {noun(rng, 'de')}" if rng.random() < 0.3 else base


WHEN = (
    "avant le {day} {month}",
    "avant {weekday}",
    "le {weekday} {day} {month}",
    "le {day} {month}",
    "{weekday} matin",
    "{weekday} prochain",
    "demain",
    "demain matin",
    "cette semaine",
    "la semaine prochaine",
    "ce mois",
    "aujourd'hui",
    "avant la fin {de}",
    "après {np}",
    "dans {n} jours",
    "dans {n} semaines",
    "à {hour} heures",
    "en {month}",
    "d'ici {weekday}",
    "bientôt",
    "le mois prochain",
    "avant midi",
    "depuis {month}",
    "pour le {day} {month}",
)
SUBJECT = (
    "{first}",
    "{first}",
    "{first} {family}",
    "l'équipe",
    "le directeur",
    "madame {family}",
    "monsieur {family}",
    "elle",
    "il",
    "on",
)
CLAUSES = (
    "{subj} {il} {np} {when}",
    "{subj} {il} {np}",
    "nous {nous} {np} {when}",
    "nous {nous} {np}",
    "nous allons {inf} {np}",
    "{subj} va {inf} {np} {when}",
    "{subj} doit {inf} {np} {when}",
    "il faut {inf} {np}",
    "il faut {inf} {np} {when}",
    "{np} est {adj}",
    "{np} n'est pas {adj}",
    "{np} sera {adj} {when}",
    "{np} coûte {n} euros",
    "nous avons {n} {plural}",
    "{subj} a {pp} {np}",
    "nous avons {pp} {np} {when}",
    "on a déjà {pp} {np}",
    "nous n'avons pas encore {pp} {np}",
    "{subj} {ilfut} {np} {when}",
    "nous {nousfut} {np} {when}",
    "il reste {n} euros pour {np}",
    "il manque {n} {plural}",
    "{np} dépend {de}",
    "{np} reste ouverte",
    "le sujet reste ouvert",
    "{np} est ouvert aux {plural}",
    "je {jefut} {np} {when}",
    "j'ai {pp} {np} avec {first}",
    "je vais {inf} {np}",
    "{np} commence {when}",
    "{np} arrive {when}",
    "{subj} peut {inf} {np}",
    "vous pouvez {inf} {np} {when}",
    "vous {vous} {np}",
    "les {plural} {ils} {np}",
    "il y a un problème avec {np}",
    "il y a {n} {plural} dans {np}",
    "j'ai une question sur {np}",
    "la date {de} est le {weekday} {day} {month}",
    "la réunion est le {weekday} {day} {month} à {hour} heures",
    "{np} est prêt {when}",
    "nous travaillons sur {np}",
    "nous parlons {de}",
    "{subj} est responsable {de}",
    "le coût {de} est de {n} euros",
    "le montant est de {n} mille euros",
    "on passe {a}",
    "passons {a}",
    "le prochain sujet est {np}",
    "le premier point est {np}",
    "{num} {plural} {ils} {np}",
    "{np} et {np} sont {adj}",
    "{np} avec {np}",
    "{np} sans {np}",
    "{np} pour {np}",
)
FRAMES = (
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "je pense que {c}",
    "je crois que {c}",
    "{first}, {c}",
    "alors {c}",
    "oui, {c}",
    "non, {c}",
    "d'accord, {c}",
    "donc {c}",
    "mais {c}",
    "et {c}",
    "merci {first}, {c}",
    "parce que {c}",
    "je note que {c}",
    "on sait que {c}",
    "{first} dit que {c}",
    "{c}, je le note",
    "{c}, c'est {adj}",
    "{c} et {c}",
    "bonjour, {c}",
    "enfin, {c}",
    "voilà, {c}",
    "très bien, {c}",
    "parfait, {c}",
    "si {c}",
    "quand {c}",
)
DECISIONS = (
    "nous décidons {deinf} {np}",
    "nous décidons {deinf} {np} et {deinf} {np}",
    "c'est décidé, {c}",
    "c'est décidé",
    "la décision est prise, {c}",
    "nous sommes d'accord pour {inf} {np}",
    "on décide {deinf} {np} {when}",
    "c'est validé, {c}",
    "nous validons {np}",
    "la décision est {deinf} {np}",
    "nous choisissons {np}",
    "nous gardons {np}",
    "nous reportons {np} {when}",
    "nous ouvrons {np} {when}",
    "c'est d'accord pour {np}",
    "c'est décidé, {subj} {il} {np} {when}",
)
QUESTIONS = (
    "est-ce que {c}?",
    "est-ce que {np} est {adj}?",
    "qui {il} {np}?",
    "quand est-ce que {c}?",
    "qui peut {inf} {np}?",
    "où est {np}?",
    "combien coûte {np}?",
    "avons-nous {pp} {np}?",
    "comment {inf} {np}?",
    "pourquoi {inf} {np}?",
    "quel est le montant {de}?",
    "quelle est la date {de}?",
    "avez-vous {pp} {np}?",
    "avons-nous assez de {plural} pour {np}?",
    "qui va {inf} {np}?",
    "que pensez-vous {de}?",
    "c'est possible {when}?",
    "pouvez-vous {inf} {np} {when}?",
    "{np} est {adj}?",
    "combien de {plural} avons-nous?",
    "y a-t-il une question sur {np}?",
    "qui est responsable {de}?",
)
SHORT = (
    "oui",
    "non",
    "d'accord",
    "merci",
    "oui, merci",
    "oui, d'accord",
    "très bien",
    "parfait",
    "c'est bien",
    "exactement",
    "bonjour",
    "bonjour à tous",
    "bonjour {first}",
    "merci {first}",
    "merci à tous",
    "merci beaucoup",
    "voilà",
    "bien sûr",
    "tout à fait",
    "je suis d'accord",
    "je ne suis pas d'accord",
    "je ne sais pas",
    "c'est vrai",
    "pas encore",
    "peut-être",
    "à bientôt",
    "à demain",
    "bonne journée",
    "bonne journée {first}",
    "c'est noté",
    "c'est clair",
    "d'accord, merci {first}",
    "oui, exactement",
    "non, pas encore",
    "bonsoir",
    "bonjour {first} et {first}",
    "c'est une bonne {nf}",
    "c'est {adj}",
    "ça marche",
    "bonjour {first}, bonjour {first}",
    "on commence",
    "on continue",
    "on avance",
    "je vous écoute",
    "je vous entends",
    "vous m'entendez?",
    "une question?",
    "au revoir",
    "au revoir {first}",
    "merci d'être là",
    "bonsoir à tous",
    "attendez",
    "je note",
    "nous sommes là",
    "le {day} {month}",
    "{n} euros",
    "{first} {family}",
)
PLURAL_BASE = tuple(w for w in (*lex.NOUNS_F, *lex.NOUNS_M) if w[-1] not in "sxzl")
SLOTS: dict[str, Callable[[random.Random], str]] = {
    "np": np,
    "de": lambda r: noun(r, "de"),
    "a": lambda r: noun(r, "a"),
    "nf": lambda r: r.choice(lex.NOUNS_F),
    "nm": lambda r: r.choice(lex.NOUNS_M),
    "adj": lambda r: r.choice(lex.ADJECTIVES[:54]),
    "plural": lambda r: r.choice(PLURAL_BASE) + "s",
    "n": amount,
    "num": lambda r: lex.number(r.randint(2, 99)),
    "day": day_number,
    "hour": lambda r: lex.number(r.randint(8, 18)),
    "month": lambda r: r.choice(lex.MONTHS),
    "weekday": lambda r: r.choice(lex.DAYS),
    "first": lambda r: r.choice(lex.FIRST_NAMES),
    "family": lambda r: r.choice(lex.FAMILY_NAMES),
    "inf": _verb("inf"),
    "il": _verb("il"),
    "ils": _verb("ils"),
    "nous": _verb("nous"),
    "vous": _verb("vous"),
    "pp": _verb("pp"),
    "ilfut": _verb("il_fut"),
    "nousfut": _verb("nous_fut"),
    "jefut": _verb("je_fut"),
    "deinf": _elided("inf", "de", "d'"),
    "when": lambda r: fill(r.choice(WHEN), r),
    "subj": lambda r: fill(r.choice(SUBJECT), r),
    "c": lambda r: fill(r.choice(CLAUSES), r),
}


def fill(pattern: str, rng: random.Random) -> str:
    """Replace each ``{slot}`` of ``pattern`` by a random filling."""
    text = re.sub(r"\{(\w+)\}", lambda m: SLOTS[m.group(1)](rng), pattern)
    return re.sub(
        r"\b(que|je) (?=(il|elle|on|un|une|l'|[aeiouéêâ]))", lambda m: m.group(1)[:-1] + "'", text
    )


def sentence(rng: random.Random) -> str:
    """Return one grammatical sentence."""
    draw = rng.random()
    patterns = (
        FRAMES if draw < 0.55 else DECISIONS if draw < 0.68 else QUESTIONS if draw < 0.84 else SHORT
    )
    return fill(rng.choice(patterns), rng)


#: Turns of phrase that any meeting is full of and that the patterns above say too rarely.
TURNS = (
    "merci d'être {word}",
    "{first}, merci d'être venue",
    "et merci {first}",
    "bonjour {first} et merci",
    "merci de {inf} {np}",
    "merci pour {np}",
    "merci, {c}",
    "{c}, merci",
    "merci à tous et à {weekday}",
    "merci et à demain {first}",
    "à bientôt, {first}",
    "merci encore, à bientôt",
    "c'est une {nf} {adj}",
    "oui, c'est une bonne {nf}",
    "{np}, c'est une {nf}",
    "c'est un bon {nm}",
    "c'est pour {np}",
    "{np} est {pp} pour {num} mois",
    "{np} est {pp} depuis {num} ans",
    "{np} est {pp}",
    "{np} sera {pp} dans {num} ans",
    "dans {num} ans",
    "{num} ans et {num} mois",
    "nous avons {num} ans pour {inf} {np}",
    "{np} est {adj} et {adj}",
    "{np} et {np}",
    "{inf} et {inf} {np}",
    "nous devons {inf} et {inf} {np}",
    "nous avons {pp} les {num} {plural}",
    "{subj} a {pp} {n} euros sur les {n}",
    "sur les {num} {plural}, {num} sont {adj}",
    "les {n} {plural} {ils} {np}",
    "{c} pour les {plural}",
    "avec les {plural} {de}",
    "il faut le {inf} {when}",
    "il faut la {inf}",
    "nous allons le {inf} avec {first}",
    "je peux le {inf} {when}",
    "je vais la {inf} et {inf} {np}",
    "est-ce que {np} est {adj} et {adj}?",
    "et {first}, qu'en pensez-vous?",
    "oui, et {c}",
    "non, et {np} non plus",
    "tous les {plural} sont {adj}",
    "l'{word} et l'{word}",
)


def turn(rng: random.Random) -> str:
    """Return one such turn of phrase."""
    return fill(rng.choice(TURNS), rng)


LOOSE_PARTS = (
    "{np}",
    "{when}",
    "{inf} {np}",
    "{c}",
    "{first}",
    "{n} {plural}",
    "{adj}",
    "{deinf} {np}",
    "avec {np}",
    "pour {first}",
    "{de}",
    "{a}",
    "et {np}",
    "{first} et {first}",
    "ou {np}",
    "{word} {word}",
    "{word}",
    "pas {adj}",
    "très {adj}",
    "plus {adj} que {np}",
    "sur {np}",
)


def loose(rng: random.Random) -> str:
    """Return two to four fragments in a row: fluent locally, unpredictable as a whole."""
    return ", ".join(
        " ".join(fill(rng.choice(LOOSE_PARTS), rng) for _ in range(rng.randint(1, 2)))
        for _ in range(rng.randint(1, 2))
    )


COMMON_WORDS = (*lex.FUNCTION, *lex.DAYS, *lex.MONTHS, *lex.UNITS, *lex.TENS.values())
#: Forms that only the context tells apart by ear; the word sequences would teach nothing with them.
HOMOPHONES = frozenset(
    [
        "es",
        "est",
        "êtes",
        "ai",
        "as",
        "ont",
        "avons-nous",
        "peux",
        "veux",
        "fais",
        "dois",
        "sais",
        "vois",
        "voit",
        "vu",
        "pris",
        "mets",
        "mis",
        "viens",
        "choisit",
        "fini",
        "finit",
        "écrit",
        "lu",
        "répond",
        "rend",
        "rendu",
        "suit",
        "suivi",
        "vas",
        "était",
        "étaient",
        "sera",
        "seront",
        "serons",
        "auront",
        "fera",
        "devra",
        "ces",
        "ses",
        "mes",
        "nos",
        "vos",
        "son",
        "leurs",
        "ou",
        "où",
        "à",
        "là",
        "ça",
        "sans",
        "cent",
        "et",
        "on",
        "tout",
        "toute",
        "toutes",
        "tous",
        "même",
        "prochain",
        "jours",
        "heures",
        "minutes",
        "réponses",
        "cette",
        "cet",
        "quels",
        "quelle",
        "quel",
        "elles",
        "ils",
        "ouvert",
        "ouvre",
        "choisi",
        "lit",
        "tient",
        "vue",
        "privé",
        "public",
        "nouvelle",
        "bonne",
        "premier",
        "petite",
        "seul",
        "avis",
    ]
)
ALL_WORDS = tuple(
    word
    for word in (
        *lex.NOUNS_M,
        *lex.NOUNS_F,
        *lex.ADJECTIVES,
        *lex.VERBS_OTHER,
        *lex.FUNCTION,
        *lex.DAYS,
        *lex.MONTHS,
        *lex.FIRST_NAMES,
        *lex.FAMILY_NAMES,
        *(
            forms[name]
            for forms in lex.VERB_FORMS.values()
            for name in ("inf", "il", "nous", "il_fut", "imparfait")
        ),
    )
    if word not in HOMOPHONES
)
COMMON_WORDS = tuple(word for word in COMMON_WORDS if word not in HOMOPHONES)
SLOTS["word"] = lambda r: r.choice(ALL_WORDS)
