"""The spoken test set: sentences the model never saw, in eight voices, with the true time of each word.

Meetings of any kind are composed of it by code (``greffier bench captions``), without a synthesiser.
"""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from . import grammar_en, grammar_fr
from .mel import RATE_HZ, Array
from .opus import OPUS_RATE_HZ
from .sentences import TEST_SET, demo_sentences, finish, key, test_sentences, training_sentences
from .speech import Speech, Voice, resample, speak

SEED = 20_261_101
#: The corpus that the committed model was trained on: what is in it can't test the model.
CORPUS_CLIPS, CORPUS_SEED = 32_000, 1
SENTENCES, TURN_SHARE = 20, 0.15
SHORTEST_WORDS, LONGEST_WORDS = 3, 14
BITRATE = 32_000
PAUSE_SEC = 0.3
#: Timbre, accent in French and in English, words a minute, pitch. One voice speaks both languages.
VOICES = {
    "agnes": ("f2", "fr", "en-us", 148, 52),
    "basile": ("m3", "fr", "en", 152, 44),
    "carole": ("f4", "fr-be", "en-gb-x-rp", 160, 56),
    "denis": ("m1", "fr-ch", "en", 140, 40),
    "elise": ("f1", "fr", "en", 168, 60),
    "farid": ("m5", "fr", "en-us", 172, 48),
    "gaelle": ("f5", "fr", "en-gb-scotland", 145, 50),
    "henri": ("m7", "fr-be", "en-gb-x-rp", 156, 38),
}
BACKCHANNELS = {
    "fr": ("Oui.", "D'accord.", "Exactement.", "Très bien.", "Non."),
    "en": ("Yes.", "Okay.", "Exactly.", "Very good.", "No."),
}


def build(folder: Path = TEST_SET) -> None:
    """Speak the set and write ``VOICE.ogg`` for each voice, and ``clips.json`` with words and times."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    texts = {language: _texts(language, SENTENCES * len(VOICES)) for language in ("fr", "en")}
    for number, name in enumerate(VOICES):
        pieces: list[Array] = []
        at = 0
        for language in ("fr", "en"):
            mine = texts[language][number :: len(VOICES)]
            for text in (*mine, *BACKCHANNELS[language]):
                spoken = speak(text, _voice(name, language))
                rows.append(_row(name, language, text, at, spoken))
                pieces.append(np.pad(spoken.samples, (0, round(PAUSE_SEC * RATE_HZ))))
                at += len(pieces[-1])
        _write(folder / f"{name}.ogg", np.concatenate(pieces))
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "clips.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _voice(name: str, language: str) -> Voice:
    timbre, french, english, speed, pitch = VOICES[name]
    accent = french if language == "fr" else english
    return Voice(engine="espeak", name=f"{accent}+{timbre}", speed_wpm=speed, pitch=pitch)


def _row(name: str, language: str, text: str, at: int, spoken: Speech) -> dict[str, Any]:
    """Times are in seconds of the voice's file."""
    start = at / RATE_HZ
    words = [
        [word, round(start + first, 3), round(start + last, 3)]
        for word, first, last in zip(
            text.split(), spoken.word_starts_sec, spoken.word_ends_sec, strict=True
        )
    ]
    return {
        "voice": name,
        "language": language,
        "backchannel": text in BACKCHANNELS[language],
        "text": text,
        "start_sec": round(start, 4),
        "end_sec": round(start + len(spoken.samples) / RATE_HZ, 4),
        "words": words,
    }


def _texts(language: str, count: int) -> list[str]:
    """Return distinct sentences that are neither in the training corpus nor near the demo meeting."""
    grammar = grammar_fr if language == "fr" else grammar_en
    rng = random.Random(f"{SEED}/{language}")
    known = {key(one.text) for one in training_sentences(CORPUS_CLIPS, CORPUS_SEED)}
    known |= {key(one.text) for one in (*test_sentences(), *demo_sentences())}
    out: list[str] = []
    while len(out) < count:
        text = finish(grammar.turn(rng) if rng.random() < TURN_SHARE else grammar.sentence(rng))
        length = len(text.split())
        if key(text) not in known and SHORTEST_WORDS <= length <= LONGEST_WORDS:
            known.add(key(text))
            out.append(text)
    return out


def _write(path: Path, samples: Array) -> None:
    wide = resample(samples, RATE_HZ, OPUS_RATE_HZ)
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=OPUS_RATE_HZ, layout="mono")
        stream.bit_rate = BITRATE
        stream.options = {"application": "audio", "compression_level": "10"}
        stream.time_base = Fraction(1, OPUS_RATE_HZ)
        for at in range(0, len(wide), 960):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(wide[None, at : at + 960]), format="flt", layout="mono"
            )
            frame.sample_rate, frame.pts = OPUS_RATE_HZ, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    build()
