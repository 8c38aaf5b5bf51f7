"""English sentence patterns over the closed vocabulary."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from . import lexicon_en as lex
from .lexicon_fr import FAMILY_NAMES, FIRST_NAMES

VERBS = tuple(lex.VERB_FORMS)
UNCOUNTED = frozenset(
    [
        "training",
        "security",
        "accessibility",
        "information",
        "feedback",
        "staff",
        "help",
        "funding",
        "access",
        "software",
    ]
)


def _verb(form: str) -> Callable[[random.Random], str]:
    return lambda rng: lex.VERB_FORMS[rng.choice(VERBS)][form]


def plural(word: str) -> str:
    """Return the regular plural of ``word``."""
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


PLURALS = tuple(plural(word) for word in lex.NOUNS if word not in UNCOUNTED)


def amount(rng: random.Random) -> str:
    """Return a number from small to tens of thousands."""
    draw = rng.random()
    if draw < 0.4:
        return lex.number(rng.randint(2, 30))
    if draw < 0.65:
        return lex.number(rng.randint(31, 99))
    if draw < 0.9:
        return lex.number(rng.randint(2, 99) * 1000)
    return lex.number(rng.randint(100, 999))


def np(rng: random.Random) -> str:
    """Return a noun phrase, sometimes compound or with a complement."""
    word = rng.choice(lex.NOUNS)
    if rng.random() < 0.2:
        word = f"{rng.choice(lex.ADJECTIVES[:60])} {word}"
    elif rng.random() < 0.2:
        word = f"{rng.choice(lex.NOUNS)} {word}"
    base = f"{rng.choice(('the', 'the', 'the', 'this', 'our', 'that', 'your', 'their'))} {word}"
    return f"{base} of the {rng.choice(lex.NOUNS)}" if rng.random() < 0.2 else base


def indefinite(rng: random.Random) -> str:
    """Return a noun with its indefinite article."""
    word = rng.choice(lex.NOUNS)
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"


WHEN = (
    "by {weekday}",
    "on {weekday}",
    "on {weekday} the {ord} of {month}",
    "by {weekday} the {ord} of {month}",
    "by the {ord} of {month}",
    "before the {ord} of {month}",
    "next week",
    "next {weekday}",
    "this week",
    "last week",
    "today",
    "tomorrow",
    "tomorrow morning",
    "in {month}",
    "before {np}",
    "after {np}",
    "in {n} days",
    "in {n} weeks",
    "at {hour} o'clock",
    "before noon",
    "next month",
    "soon",
    "this {weekday} afternoon",
    "for the {ord} of {month}",
    "by the end of {month}",
    "until {month}",
)
SUBJECT = (
    "{first}",
    "{first}",
    "{first} {family}",
    "the team",
    "the director",
    "she",
    "he",
    "the manager",
    "the council",
    "someone",
)
CLAUSES = (
    "{subj} will {inf} {np} {when}",
    "{subj} will {inf} {np}",
    "we will {inf} {np} {when}",
    "we {inf} {np}",
    "we {past} {np} {when}",
    "we {past} {np}",
    "{subj} {third} {np}",
    "{subj} {past} {np} {when}",
    "{subj} must {inf} {np} {when}",
    "we must {inf} {np}",
    "we need to {inf} {np}",
    "we should {inf} {np} {when}",
    "{np} is {adj}",
    "{np} is not {adj}",
    "{np} is too {adj}",
    "{np} will be {adj} {when}",
    "{np} costs {n} euros",
    "we have {n} {plural}",
    "we have {past} {np}",
    "we have not {past} {np} yet",
    "I can {inf} {np} with {np}",
    "I will {inf} {np} {when}",
    "I am {ing} {np}",
    "we are {ing} {np} {when}",
    "{subj} is {ing} {np}",
    "{np} starts {when}",
    "{np} depends on {np}",
    "{np} remains open",
    "there is a problem with {np}",
    "there are {n} {plural} in {np}",
    "I have a question about {np}",
    "you can {inf} {np} {when}",
    "people could not {inf} {np}",
    "{num} {plural} {past} {np}",
    "they {past} {np} with {np}",
    "we need {n} {plural} for {np}",
    "we need {a} for {np}",
    "it is {adj} to {inf} {np}",
    "it is {a}",
    "the date of {np} is {weekday} the {ord} of {month}",
    "the meeting is on {weekday} the {ord} of {month} at {hour}",
    "the cost of {np} is {n} euros",
    "{subj} is responsible for {np}",
    "we have about {n} euros for {np}",
    "{np} must be {past} again",
    "{np} and {np} are {adj}",
    "we talk about {np}",
    "the next topic is {np}",
    "the first point is {np}",
    "let's {inf} {np}",
    "let's move to {np}",
    "{np} is part of {np}",
    "{subj} can answer {np} by phone",
    "{np} with {np}",
    "{np} without {np}",
    "{np} for {np}",
    "please {inf} {np} {when}",
)
FRAMES = (
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "{c}",
    "I think {c}",
    "I believe that {c}",
    "{first}, {c}",
    "so {c}",
    "yes, {c}",
    "no, {c}",
    "okay, {c}",
    "but {c}",
    "and {c}",
    "thank you {first}, {c}",
    "because {c}",
    "we know that {c}",
    "{first} says that {c}",
    "{c}, I agree",
    "{c} and {c}",
    "hello, {c}",
    "finally, {c}",
    "well, {c}",
    "I hope that {c}",
    "if {c}",
    "when {c}",
    "then {c}",
    "now {c}",
    "one question remains open, {c}",
)
DECISIONS = (
    "we agree to {inf} {np}",
    "we agree on {np}",
    "we decide to {inf} {np}",
    "we decided to {inf} {np} {when}",
    "it is decided, {c}",
    "it is decided",
    "the decision is to {inf} {np}",
    "we all agree, {c}",
    "yes, we agree on {weekday} the {ord} of {month}",
    "agreed, {c}",
    "we choose {np}",
    "we keep {np}",
    "we postpone {np} {when}",
    "we open {np} {when}",
    "I agree, {np} must be {past}",
    "we approve {np}",
    "I agree with {first}",
)
QUESTIONS = (
    "is {np} {adj}?",
    "will {subj} {inf} {np}?",
    "who will {inf} {np}?",
    "who can {inf} {np} {when}?",
    "when will {subj} {inf} {np}?",
    "where is {np}?",
    "how much is {np}?",
    "how many {plural} do we have?",
    "did we {inf} {np}?",
    "can we {inf} {np} {when}?",
    "should we {inf} {np}?",
    "why is {np} {adj}?",
    "what is the date of {np}?",
    "what do you think about {np}?",
    "is {np} part of {np}?",
    "do we have enough {plural}?",
    "do you have a question about {np}?",
    "could you {inf} {np} {when}?",
    "who is responsible for {np}?",
    "how do we {inf} {np}?",
    "are the {plural} {adj}?",
    "what is the cost of {np}?",
)
SHORT = (
    "yes",
    "no",
    "okay",
    "thank you",
    "thanks",
    "yes, thank you",
    "okay, thank you",
    "very good",
    "perfect",
    "exactly",
    "hello",
    "hello everyone",
    "hello {first}",
    "thank you {first}",
    "thank you very much",
    "of course",
    "I agree",
    "I don't agree",
    "I don't know",
    "that's true",
    "not yet",
    "maybe",
    "goodbye",
    "goodbye everyone",
    "see you tomorrow",
    "see you soon",
    "good morning",
    "good morning {first}",
    "good afternoon",
    "sure",
    "that's fine",
    "sounds good",
    "all right",
    "that's right",
    "yes, exactly",
    "no, not yet",
    "let's start",
    "let's continue",
    "can you hear me?",
    "any questions?",
    "I can hear you",
    "welcome",
    "welcome everyone",
    "thanks {first}",
    "good idea",
    "it's {adj}",
    "that's {adj}",
    "the {ord} of {month}",
    "{n} euros",
    "{first} {family}",
    "I am happy to be here",
    "sorry",
    "I'm sorry",
    "please wait",
    "we are ready",
    "hello {first} and {first}",
    "noted",
    "have a good day",
)
SLOTS: dict[str, Callable[[random.Random], str]] = {
    "np": np,
    "a": indefinite,
    "noun": lambda r: r.choice(lex.NOUNS),
    "adj": lambda r: r.choice(lex.ADJECTIVES[:60]),
    "plural": lambda r: r.choice(PLURALS),
    "n": amount,
    "num": lambda r: lex.number(r.randint(2, 99)),
    "ord": lambda r: lex.ordinal(r.randint(1, 31)),
    "hour": lambda r: lex.number(r.randint(1, 12)),
    "month": lambda r: r.choice(lex.MONTHS),
    "weekday": lambda r: r.choice(lex.DAYS),
    "first": lambda r: r.choice(FIRST_NAMES),
    "family": lambda r: r.choice(FAMILY_NAMES),
    "inf": _verb("inf"),
    "third": _verb("third"),
    "past": _verb("past"),
    "ing": _verb("ing"),
    "when": lambda r: fill(r.choice(WHEN), r),
    "subj": lambda r: fill(r.choice(SUBJECT), r),
    "c": lambda r: fill(r.choice(CLAUSES), r),
}


def fill(pattern: str, rng: random.Random) -> str:
    """Replace each ``{slot}`` of ``pattern`` by a random filling."""
    return re.sub(r"\{(\w+)\}", lambda m: SLOTS[m.group(1)](rng), pattern)


def sentence(rng: random.Random) -> str:
    """Return one grammatical sentence."""
    draw = rng.random()
    patterns = (
        FRAMES if draw < 0.55 else DECISIONS if draw < 0.68 else QUESTIONS if draw < 0.84 else SHORT
    )
    return fill(rng.choice(patterns), rng)


#: Turns of phrase that any meeting is full of and that the patterns above say too rarely.
TURNS = (
    "{subj} can {inf} it",
    "{subj} can {inf} it with {np}",
    "{first} will {inf} it {when}",
    "we have to {inf} it with {first}",
    "they {past} it with the {plural}",
    "I will {inf} it {when}",
    "please {inf} it before {weekday}",
    "we {past} it {when}",
    "it is {adj} and {adj}",
    "is it {adj}?",
    "who will {inf} it?",
    "who will {inf} the {plural}?",
    "who can {inf} the {plural} with {first}?",
    "how do we {inf} the {plural}?",
    "the {plural} of {np} are {adj}",
    "with the {plural} of {np}",
    "the {plural} {inf} {np}",
    "{np} for the {plural}",
    "all the {plural} by {weekday}",
    "{num} {plural} and {num} {plural}",
    "one {noun}, two {plural}",
    "the {noun} and the {plural}",
    "thank you {first}, {c}",
    "thank you for {np}",
    "thanks, {c}",
    "thank you and goodbye",
    "hello {first} and {first}",
    "hello, {c}",
    "{c} for {n} euros",
    "in {num} years",
    "for {num} years and {num} months",
    "{np} is {past} by {first}",
    "{np} must be {past} {when}",
    "{np} was {past} by phone",
    "{np} stays {adj}",
    "yes, and {c}",
    "no, {np} is not {adj}",
    "{c} with it",
    "{word} it with {word}",
    "{word} by {word}",
)


def turn(rng: random.Random) -> str:
    """Return one such turn of phrase."""
    return fill(rng.choice(TURNS), rng)


LOOSE_PARTS = (
    "{np}",
    "{when}",
    "to {inf} {np}",
    "{c}",
    "{first}",
    "{n} {plural}",
    "{adj}",
    "{ing} {np}",
    "with {np}",
    "for {first}",
    "of {np}",
    "{a}",
    "and {np}",
    "{first} and {first}",
    "or {np}",
    "{word} {word}",
    "{word}",
    "not {adj}",
    "very {adj}",
    "more {adj} than {np}",
    "about {np}",
)


def loose(rng: random.Random) -> str:
    """Return two to four fragments in a row: fluent locally, unpredictable as a whole."""
    return ", ".join(
        " ".join(fill(rng.choice(LOOSE_PARTS), rng) for _ in range(rng.randint(1, 2)))
        for _ in range(rng.randint(1, 2))
    )


ORDINAL_WORDS = tuple(lex.ordinal(value) for value in range(1, 32))
COMMON_WORDS = (*lex.FUNCTION, *lex.DAYS, *lex.MONTHS, *lex.UNITS, *lex.TENS, *ORDINAL_WORDS)
ALL_WORDS = (
    *lex.NOUNS,
    *lex.ADJECTIVES,
    *lex.VERBS_OTHER,
    *lex.FUNCTION,
    *lex.DAYS,
    *lex.MONTHS,
    *FIRST_NAMES,
    *FAMILY_NAMES,
    *(form for forms in lex.VERB_FORMS.values() for form in forms.values()),
    *PLURALS,
)
SLOTS["word"] = lambda r: r.choice(ALL_WORDS)
