"""Word error rates of a converted model on the held-out sentences and the demo meeting."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ctranslate2
import jiwer
import numpy as np
from tqdm import tqdm
from whisper_normalizer.basic import BasicTextNormalizer

from .corpus import random_voice
from .mel import RATE_HZ, Array, log_power, normalise
from .opus import round_trip
from .sentences import MEETING_SCRIPT, test_sentences
from .speech import Speech, speak
from .tokenizer import FIRST_TIMESTAMP, LANGUAGE_TOKENS, NO_TIMESTAMPS, START, TRANSCRIBE, load

BATCH, SEED = 16, 20_260_102
#: Zeros after each utterance before the mel, as the live path pads.
PAD_SEC, PREROLL_SEC, TRAIL_SEC = 1.0, 0.4, 0.4
Effect = Callable[[Array, random.Random], Array]


class Recogniser:
    """Greedy decoding of single utterances by CTranslate2."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=threads
        )
        self.tokenizer = load(folder / "tokenizer.json")

    def texts(
        self,
        utterances: list[tuple[str, Array]],
        pad_sec: float = PAD_SEC,
        timestamps: bool = False,
    ) -> list[str]:
        """Return the text of each (language, 16 kHz samples)."""
        out: list[str] = [""] * len(utterances)
        order = sorted(range(len(utterances)), key=lambda i: len(utterances[i][1]))
        for start in range(0, len(order), BATCH):
            picked = order[start : start + BATCH]
            length = max(len(utterances[i][1]) for i in picked) + int(pad_sec * RATE_HZ)
            mel = np.stack(
                [
                    normalise(
                        log_power(np.pad(utterances[i][1], (0, length - len(utterances[i][1]))))
                    )
                    for i in picked
                ]
            )
            mel = np.ascontiguousarray(mel[:, :, : mel.shape[2] // 2 * 2])
            tail = [] if timestamps else [NO_TIMESTAMPS]
            prompts = [
                [START, LANGUAGE_TOKENS[utterances[i][0]], TRANSCRIBE, *tail] for i in picked
            ]
            results = self.model.generate(
                ctranslate2.StorageView.from_array(mel), prompts, beam_size=1, max_length=200
            )
            for i, result in zip(picked, results, strict=True):
                ids = [token for token in result.sequences_ids[0] if token < FIRST_TIMESTAMP]
                out[i] = self.tokenizer.decode(ids).strip()
        return out

    def languages(self, utterances: list[tuple[str, Array]]) -> list[str]:
        """Return the detected language of each utterance padded by ``PAD_SEC``."""
        found = []
        for _, samples in utterances:
            mel = normalise(log_power(np.pad(samples, (0, int(PAD_SEC * RATE_HZ)))))[None]
            mel = np.ascontiguousarray(mel[:, :, : mel.shape[2] // 2 * 2])
            found.append(
                self.model.detect_language(ctranslate2.StorageView.from_array(mel))[0][0][0].strip(
                    "<|>"
                )
            )
        return found


def wer(references: list[str], hypotheses: list[str]) -> float:
    """Return the word error rate in percent, without case and punctuation."""
    clean = BasicTextNormalizer()
    pairs = [(clean(r), clean(h)) for r, h in zip(references, hypotheses, strict=True) if clean(r)]
    return round(100 * float(jiwer.wer([r for r, _ in pairs], [h for _, h in pairs])), 2)


def _lead(seconds: float, noise: float) -> Effect:
    def apply(samples: Array, rng: random.Random) -> Array:
        source = np.random.default_rng(rng.randrange(1 << 30))
        head = noise * source.standard_normal(int(seconds * RATE_HZ)).astype(np.float32)
        return np.concatenate([head, samples])

    return apply


def _live(samples: Array, rng: random.Random) -> Array:
    """What a room's voice detector hands over: pre-roll, Opus, an unknown level, some silence after."""
    padded = np.pad(samples, (int(PREROLL_SEC * RATE_HZ), int(TRAIL_SEC * RATE_HZ)))
    return np.asarray(
        round_trip(padded, 32_000) * 10 ** (rng.uniform(-12, 0) / 20), dtype=np.float32
    )


EFFECTS: dict[str, Effect] = {
    "clean": lambda s, _: s,
    "opus_16k": lambda s, _: round_trip(s, 16_000),
    "opus_32k": lambda s, _: round_trip(s, 32_000),
    "gain_-10db": lambda s, _: s * np.float32(0.316),
    "gain_-20db": lambda s, _: s * np.float32(0.1),
    "lead_0.3s_zeros": _lead(0.3, 0.0),
    "lead_0.8s_zeros": _lead(0.8, 0.0),
    "lead_0.5s_noise": _lead(0.5, 0.0005),
    "onset_cut_60ms": lambda s, _: s[int(0.06 * RATE_HZ) :],
    "live": _live,
}


def _test_speech(count: int) -> list[tuple[str, str, Speech]]:
    rng = random.Random(SEED)
    return [
        (s.language, s.text, speak(s.text, random_voice(s.language, rng)))
        for s in test_sentences(300)[:count]
    ]


def _cut(spoken: list[tuple[str, str, Speech]]) -> tuple[list[str], list[tuple[str, Array]]]:
    """Stop each utterance in mid-sentence; the reference is the words wholly spoken."""
    rng = random.Random(SEED)
    texts, audio = [], []
    for language, text, speech in spoken:
        if len(speech.word_ends_sec) < 3:
            continue
        moment = rng.uniform(0.3, 0.95) * len(speech.samples) / RATE_HZ
        words = [
            w
            for w, end in zip(text.split(), speech.word_ends_sec, strict=True)
            if end <= moment + 0.04
        ]
        if words:
            texts.append(" ".join(words))
            audio.append(
                (
                    language,
                    np.pad(
                        speech.samples[: int(moment * RATE_HZ)], (int(PREROLL_SEC * RATE_HZ), 0)
                    ),
                )
            )
    return texts, audio


def _windows(spoken: list[tuple[str, str, Speech]]) -> tuple[list[str], list[tuple[str, Array]]]:
    """Join three utterances of a language, 0.5 s apart."""
    texts, audio = [], []
    for language in ("fr", "en"):
        rows = [(t, s.samples) for lang, t, s in spoken if lang == language]
        for start in range(0, len(rows) - 2, 3):
            texts.append(" ".join(t for t, _ in rows[start : start + 3]))
            audio.append(
                (
                    language,
                    np.concatenate(
                        [np.pad(s, (0, RATE_HZ // 2)) for _, s in rows[start : start + 3]]
                    ),
                )
            )
    return texts, audio


def meeting(recogniser: Recogniser) -> dict[str, Any]:
    """Return the word error rates of the demo meeting, each utterance cut at its true times, after Opus."""
    from faster_whisper.audio import decode_audio

    entries = json.loads(MEETING_SCRIPT.read_text(encoding="utf-8"))
    tracks: dict[str, Array] = {}
    audio = []
    for entry in entries:
        name = entry["identity"]
        if name not in tracks:
            path = next(
                p for p in MEETING_SCRIPT.parent.glob(f"{name}.*") if p.suffix in (".flac", ".ogg")
            )
            tracks[name] = round_trip(np.asarray(decode_audio(str(path)), dtype=np.float32), 32_000)
        first, last = max(0.0, entry["start_sec"] - PREROLL_SEC), entry["end_sec"] + TRAIL_SEC
        audio.append((entry["language"], tracks[name][int(first * RATE_HZ) : int(last * RATE_HZ)]))
    texts = recogniser.texts(audio)
    figures: dict[str, Any] = {"all": wer([e["text"] for e in entries], texts)}
    for speaker in sorted({e["identity"] for e in entries}):
        rows = [i for i, e in enumerate(entries) if e["identity"] == speaker]
        figures[speaker] = wer([entries[i]["text"] for i in rows], [texts[i] for i in rows])
    found = recogniser.languages(audio)
    figures["language_correct"] = round(
        100 * sum(f == e["language"] for f, e in zip(found, entries, strict=True)) / len(found), 1
    )
    figures["errors"] = [
        [e["text"], t] for e, t in zip(entries, texts, strict=True) if wer([e["text"]], [t]) > 0
    ]
    return figures


def stock(folder: Path, spoken: list[tuple[str, str, Speech]], threads: int) -> float:
    """Return the word error rate of ``WhisperModel.transcribe``, which pads to 30 s."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
    texts = []
    for language, _, speech in spoken:
        segments, _ = model.transcribe(speech.samples, language=language, beam_size=1)
        texts.append(" ".join(segment.text.strip() for segment in segments))
    return wer([text for _, text, _ in spoken], texts)


def evaluate(
    folder: Path, count: int = 300, threads: int = 1, stock_count: int = 60
) -> dict[str, Any]:
    """Return the figures of the model in ``folder`` on ``count`` held-out sentences."""
    recogniser = Recogniser(folder, threads)
    spoken = _test_speech(count)
    figures: dict[str, Any] = {"sentences": len(spoken)}
    for name, effect in tqdm(EFFECTS.items(), desc="evaluate", unit="condition"):
        rng = random.Random(SEED)
        audio = [
            (lang, np.asarray(effect(s.samples, rng), dtype=np.float32)) for lang, _, s in spoken
        ]
        texts = recogniser.texts(audio)
        figures[name] = wer([t for _, t, _ in spoken], texts)
        if name == "clean":
            for language in ("fr", "en"):
                rows = [i for i, row in enumerate(spoken) if row[0] == language]
                figures[f"clean_{language}"] = wer(
                    [spoken[i][1] for i in rows], [texts[i] for i in rows]
                )
            figures["samples"] = [[spoken[i][1], texts[i]] for i in range(min(8, len(texts)))]
            found = recogniser.languages(audio)
            figures["language_correct"] = round(
                100
                * sum(f == lang for f, (lang, _) in zip(found, audio, strict=True))
                / len(found),
                1,
            )
    references, audio = _cut(spoken)
    figures["cut_mid_sentence"] = wer(references, recogniser.texts(audio))
    references, audio = _windows(spoken)
    figures["windows_of_3_timestamps"] = wer(references, recogniser.texts(audio, timestamps=True))
    figures["stock_30s"] = stock(folder, spoken[:stock_count], threads)
    figures["meeting"] = meeting(recogniser)
    return figures
