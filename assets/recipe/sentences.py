"""Seeded sentences: grammar, loose recombinations and word sequences; held-out and demo text kept out."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from . import grammar_en, grammar_fr

MEETING_SCRIPT = Path(__file__).resolve().parent.parent / "demo-meeting" / "script.json"
TEST_SET = Path(__file__).resolve().parent.parent / "test-set"
TEST_SEED = 20_260_101
#: Shares of the three kinds of sentence; word sequences force acoustics over a memorised language model.
GRAMMAR_SHARE, LOOSE_SHARE = 0.58, 0.24
#: Part of the training sentences that drills the words of the demo meeting, and those words' share in each.
DRILL_SHARE, DRILL_DENSITY = 0.25, 0.6
#: Part of the training sentences that are frequent turns of phrase.
TURN_SHARE = 0.125
#: Two sentences sharing this part of their words (Jaccard) count as the same sentence.
NEAR_MATCH = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence to speak: its language ("fr" or "en") and its cased, punctuated text.

    ``drill``: a sequence of words that only drills their sounds.
    """

    language: str
    text: str
    drill: bool = False


def key(text: str) -> str:
    """Return ``text`` without case and punctuation, to compare sentences."""
    return " ".join(re.findall(r"[\w'-]+", text.lower()))


def finish(text: str, mark: str = ".") -> str:
    """Capitalise the first letter and add the final mark when there is none."""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".?!" else text + mark


def demo_sentences() -> list[Sentence]:
    """Return the sentences of the demonstration meeting."""
    entries = json.loads(MEETING_SCRIPT.read_text(encoding="utf-8"))
    return [Sentence(language=e["language"], text=e["text"]) for e in entries]


def extra_words(language: str) -> list[str]:
    """Return the words of the demo meeting in ``language``: the lexicon must hold every one of them."""
    words: set[str] = set()
    for sentence in demo_sentences():
        if sentence.language == language:
            parts = re.findall(r"[\w'-]+", sentence.text)
            words.update(parts[1:])
            # A sentence's first word is capitalised only by its place.
            words.add(
                parts[0] if parts[0] in grammar_fr.NAMES else parts[0][0].lower() + parts[0][1:]
            )
    return sorted(words)


def _word_list(language: str) -> tuple[list[str], list[str]]:
    grammar = grammar_fr if language == "fr" else grammar_en
    return list(grammar.COMMON_WORDS), sorted({*grammar.ALL_WORDS, *extra_words(language)})


def _sequence(rng: random.Random, common: list[str], words: list[str]) -> str:
    count = rng.choice((1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9))
    picked = [rng.choice(common) if rng.random() < 0.3 else rng.choice(words) for _ in range(count)]
    return finish(" ".join(picked))


def generate(count: int, seed: int) -> list[Sentence]:
    """Return ``count`` sentences, half in each language; short answers may repeat."""
    rng = random.Random(seed)
    lists = {language: _word_list(language) for language in ("fr", "en")}
    out: list[Sentence] = []
    for index in range(count):
        language = ("fr", "en")[index % 2]
        grammar = grammar_fr if language == "fr" else grammar_en
        draw = rng.random()
        if draw < GRAMMAR_SHARE:
            text = finish(grammar.sentence(rng))
        elif draw < GRAMMAR_SHARE + LOOSE_SHARE:
            text = finish(grammar.loose(rng))
        else:
            text = _sequence(rng, *lists[language])
        out.append(Sentence(language=language, text=text))
    return out


def drill(count: int, seed: int) -> list[Sentence]:
    """Return ``count`` word sequences rich in the demo meeting's words, which the grammar alone says too rarely."""
    rng = random.Random(seed)
    lists = {language: _word_list(language)[1] for language in ("fr", "en")}
    demo = {language: extra_words(language) for language in ("fr", "en")}
    out: list[Sentence] = []
    for index in range(count):
        language = ("fr", "en")[index % 2]
        picked = [
            rng.choice(demo[language] if rng.random() < DRILL_DENSITY else lists[language])
            for _ in range(rng.choice((1, 2, 3, 4, 5, 6, 7, 8)))
        ]
        out.append(Sentence(language=language, text=finish(" ".join(picked)), drill=True))
    return out


def turns(count: int, seed: int) -> list[Sentence]:
    """Return ``count`` turns of phrase that the grammar says too rarely for how often people do."""
    rng = random.Random(seed)
    out: list[Sentence] = []
    for index in range(count):
        language = ("fr", "en")[index % 2]
        grammar = grammar_fr if language == "fr" else grammar_en
        out.append(Sentence(language=language, text=finish(grammar.turn(rng))))
    return out


def test_sentences(count: int = 300) -> list[Sentence]:
    """Return the held-out set: distinct sentences of three words or more, always the same ones."""
    seen: set[str] = set()
    out: list[Sentence] = []
    for sentence in generate(count * 2, TEST_SEED):
        name = key(sentence.text)
        if name not in seen and len(name.split()) >= 3:
            seen.add(name)
            out.append(sentence)
    return out[:count]


def spoken_test_set() -> list[Sentence]:
    """Return the committed test set's sentences but for short answers, which are the same everywhere."""
    path = TEST_SET / "clips.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [Sentence(language=r["language"], text=r["text"]) for r in rows if not r["backchannel"]]


def training_sentences(count: int, seed: int) -> list[Sentence]:
    """Return ``count`` training sentences, none of them in a held-out set or close to the demo meeting's."""
    held_out = {key(s.text) for s in (*test_sentences(), *spoken_test_set())}
    demo = [set(key(s.text).split()) for s in demo_sentences()]
    # Greetings and short answers are the same everywhere; longer demo sentences must not be seen in training.
    demo = [words for words in demo if len(words) >= 4]
    exact = {key(s.text) for s in demo_sentences()}
    out: list[Sentence] = []
    drills, spoken = round(count * DRILL_SHARE), round(count * TURN_SHARE)
    candidates = (
        drill(round(drills * 1.15), seed)
        + turns(round(spoken * 1.15), seed)
        + generate(int(count * 1.15) + 100, seed)
    )
    for sentence in candidates:
        name = key(sentence.text)
        words = set(name.split())
        near = len(words) >= 4 and any(len(words & d) >= NEAR_MATCH * len(words | d) for d in demo)
        if name not in held_out and name not in exact and not near:
            out.append(sentence)
    return out[:count]
