"""Training examples made from clips, and batches of similar length made beside the training step."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from . import augment
from .corpus import MARGIN_SEC, Clip, load_shard
from .mel import FRAMES_PER_SEC, Array, normalise
from .speech import phonemes
from .tokenizer import (
    END_OF_TEXT,
    FIRST_TIMESTAMP,
    LANGUAGE_TOKENS,
    NO_SPEECH,
    NO_TIMESTAMPS,
    PREVIOUS,
    START,
    TIMESTAMP_SEC,
    TRANSCRIBE,
)

IGNORED = -100
#: Until this many batches, clips of at most so many seconds, unchanged; afterwards every kind of example.
CURRICULUM = ((500, 1.4), (1_000, 2.2), (2_000, 30.0))
ROUND = 100
#: Shares of the examples that hold no speech, that are windows of several clips as a file or a streaming peer
#: cuts them, and of the others that carry timestamps.
SILENT, WINDOWS, STAMPED = 0.03, 0.07, 0.12
WINDOW_FRAMES = 3_000
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One window: log10 mel power before normalisation, decoder tokens, their targets, phonemes for CTC."""

    log_mel: Array
    tokens: list[int]
    targets: list[int]
    sounds: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Arrays of one step: mel (B, T, 80), tokens and targets (B, L), sounds (B, C) and their counts (B,)."""

    mel: Array
    tokens: Ints
    targets: Ints
    sounds: Ints
    sound_counts: Ints


class Composer:
    """Draws clips at random and makes windows of them as a live room, a peer or a file would."""

    def __init__(
        self,
        clips: list[Clip],
        tokenizer: Tokenizer,
        rng: np.random.Generator,
        inventory: list[str],
        longest_sec: float | None = None,
    ) -> None:
        self.rng, self.simple = rng, longest_sec is not None
        if longest_sec is not None:
            clips = [c for c in clips if c.log_mel.shape[1] <= augment.frames(longest_sec)]
        self.clips = clips
        #: CTC labels; 0 is the blank.
        self.label = {symbol: index for index, symbol in enumerate(inventory, start=1)}
        self.tokenizer = tokenizer
        self.by_language = {
            lang: [i for i, c in enumerate(clips) if c.language == lang] for lang in LANGUAGE_TOKENS
        }

    def _clip(self, language: str) -> Clip:
        indices = self.by_language[language]
        return self.clips[indices[int(self.rng.integers(len(indices)))]]

    def _encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(" " + text, add_special_tokens=False).ids) if text else []

    def _sounds(self, texts: list[str], language: str) -> list[int]:
        symbols = [symbol for text in texts for symbol in phonemes(text, language)]
        return [self.label[symbol] for symbol in symbols if symbol in self.label]

    def _cut(self, clip: Clip) -> tuple[Array, str]:
        """Stop ``clip`` at a random moment; only the words already spoken stay in the text."""
        ends = clip.word_ends_sec
        limit = clip.log_mel.shape[1] / FRAMES_PER_SEC - MARGIN_SEC
        moment = float(self.rng.uniform(min(ends[0], 0.4, limit), limit))
        if self.rng.random() < 0.25:
            moment = ends[int(self.rng.integers(len(ends)))] + 0.02
        words = [
            word for word, end in zip(clip.text.split(), ends, strict=True) if end <= moment + 0.04
        ]
        text = " ".join(words)
        if len(words) < len(ends):
            text = text.rstrip(",")
        return clip.log_mel[:, : augment.frames(moment)].astype(np.float32), text

    def _piece(self, clip: Clip, cut: bool) -> tuple[Array, str]:
        if cut and len(clip.word_ends_sec) == len(clip.text.split()):
            return self._cut(clip)
        mel = clip.log_mel.astype(np.float32)
        if self.rng.random() < 0.06:
            # A late voice detector loses up to 100 ms of the onset.
            mel = mel[:, augment.frames(MARGIN_SEC + float(self.rng.uniform(0, 0.1))) :]
        return mel, clip.text

    def _finish(self, parts: list[Array]) -> Array:
        log_mel = augment.channel(np.concatenate(parts, axis=1)[:, :WINDOW_FRAMES], self.rng)
        return augment.mask(log_mel, self.rng) if self.rng.random() < 0.3 else log_mel

    def _silence_example(self, language: str) -> Example:
        log_mel = augment.silence(augment.frames(float(self.rng.uniform(0.3, 6))))
        if self.rng.random() < 0.8:
            log_mel = augment.noise(log_mel, float(self.rng.uniform(-75, -25)), self.rng)
        mode = [NO_TIMESTAMPS] if self.rng.random() < 0.6 else [FIRST_TIMESTAMP]
        tokens = [START, LANGUAGE_TOKENS[language], TRANSCRIBE, *mode]
        # Whisper reads the no-speech probability where the language is predicted.
        targets = [
            NO_SPEECH,
            IGNORED,
            IGNORED if mode[0] == NO_TIMESTAMPS else FIRST_TIMESTAMP,
            END_OF_TEXT,
        ]
        return Example(log_mel=log_mel, tokens=tokens, targets=targets, sounds=[])

    def example(self) -> Example:
        """Return one example of a random kind."""
        rng = self.rng
        language = "fr" if rng.random() < 0.5 else "en"
        draw = rng.random()
        if self.simple:
            clip = self._clip(language)
            return self._sequence(
                language,
                clip.log_mel.astype(np.float32),
                self._encode(clip.text),
                [clip.text],
                False,
                False,
            )
        if draw < SILENT:
            return self._silence_example(language)
        window = draw < SILENT + WINDOWS
        count = int(rng.integers(1, 5)) if window else (1 if rng.random() < 0.88 else 2)
        cut = rng.random() < (0.35 if window else 0.24)
        timestamps = window or rng.random() < STAMPED
        lead = float(rng.choice((0.0, rng.uniform(0, 0.5), rng.uniform(0, 1.0))))
        parts: list[Array] = [augment.silence(augment.frames(lead))]
        position, texts, body = parts[0].shape[1], [], []
        for index in range(count):
            mel, text = self._piece(self._clip(language), cut and index == count - 1)
            if position + mel.shape[1] > WINDOW_FRAMES - 50 and index:
                break
            parts.append(mel)
            first, last = (
                position / FRAMES_PER_SEC + MARGIN_SEC,
                (position + mel.shape[1]) / FRAMES_PER_SEC - MARGIN_SEC,
            )
            position += mel.shape[1]
            if text:
                texts.append(text)
                tokens = self._encode(text)
                body += (
                    [self._stamp(first), *tokens, self._stamp(max(first, last))]
                    if timestamps
                    else tokens
                )
            pause = (
                float(rng.uniform(0, 0.9 if window else 0.5))
                if index < count - 1
                else float(rng.choice((0.0, rng.uniform(0, 1.0))))
            )
            parts.append(augment.silence(augment.frames(pause)))
            position += parts[-1].shape[1]
        return self._sequence(language, self._finish(parts), body, texts, timestamps, window)

    def _stamp(self, seconds: float) -> int:
        return FIRST_TIMESTAMP + round(min(seconds, 30.0) / TIMESTAMP_SEC)

    def _sequence(
        self,
        language: str,
        log_mel: Array,
        body: list[int],
        texts: list[str],
        timestamps: bool,
        window: bool,
    ) -> Example:
        previous: list[int] = []
        if not self.simple and self.rng.random() < (0.5 if window else 0.08):
            for _ in range(int(self.rng.integers(1, 6 if self.rng.random() < 0.2 else 3))):
                previous += self._encode(self._clip(language).text)
            previous = [PREVIOUS, *previous[-200:]]
        head = [START, LANGUAGE_TOKENS[language], TRANSCRIBE] + (
            [] if timestamps else [NO_TIMESTAMPS]
        )
        if timestamps and not body:
            body = [FIRST_TIMESTAMP]
        sequence = [*previous, *head, *body, END_OF_TEXT]
        targets = sequence[1:]
        start = len(previous)
        # Learned: the language and everything after the prompt; never the previous text, nor what a caller forces.
        forced = {start + 1} if timestamps else {start + 1, start + 2}
        targets = [IGNORED if i < start or i in forced else t for i, t in enumerate(targets)]
        return Example(
            log_mel=log_mel,
            tokens=sequence[:-1],
            targets=targets,
            sounds=self._sounds(texts, language),
        )

    def batches(self, batch_sec: float, pool: int = 320) -> Iterator[Batch]:
        """Yield batches of about ``batch_sec`` seconds of audio for ever, each padded by a random 0 to 4 s."""
        while True:
            examples = sorted(
                (self.example() for _ in range(pool)), key=lambda e: e.log_mel.shape[1]
            )
            groups: list[list[Example]] = []
            budget = batch_sec * FRAMES_PER_SEC
            group: list[Example] = []
            for item in examples:
                if group and (len(group) + 1) * (item.log_mel.shape[1] + 80) > budget:
                    groups.append(group)
                    group = []
                group.append(item)
            for index in self.rng.permutation(len(groups)):
                yield self._batch(groups[index], budget)

    def _batch(self, group: list[Example], budget: float) -> Batch:
        rng = self.rng
        draw = rng.random()
        extra = (
            rng.uniform(0, 1.0)
            if draw < 0.6
            else rng.uniform(0, 2.5)
            if draw < 0.9
            else rng.uniform(0, 5.0)
        )
        length = group[-1].log_mel.shape[1] + augment.frames(float(extra))
        if rng.random() < 0.02:
            # Stock runtimes pad to 30 s: a few such windows keep far positions known.
            length, group = WINDOW_FRAMES, group[: max(4, int(budget / WINDOW_FRAMES))]
        length = min(WINDOW_FRAMES, length + length % 2)
        count = len(group)
        mel = np.empty((count, length, 80), dtype=np.float32)
        width = max(len(e.tokens) for e in group)
        tokens = np.full((count, width), END_OF_TEXT, dtype=np.int64)
        targets = np.full((count, width), IGNORED, dtype=np.int64)
        counts = np.array([len(e.sounds) for e in group], dtype=np.int64)
        sounds = np.zeros((count, max(1, int(counts.max()))), dtype=np.int64)
        for row, item in enumerate(group):
            padded = augment.silence(length)
            padded[:, : item.log_mel.shape[1]] = item.log_mel[:, :length]
            mel[row] = normalise(padded).T
            tokens[row, : len(item.tokens)] = item.tokens
            targets[row, : len(item.targets)] = item.targets
            sounds[row, : len(item.sounds)] = item.sounds
        return Batch(mel=mel, tokens=tokens, targets=targets, sounds=sounds, sound_counts=counts)


def thinned(clips: list[Clip], drill_every: int) -> list[Clip]:
    """Keep every sentence, and one in ``drill_every`` of the drill clips."""
    drills = [clip for clip in clips if clip.drill][::drill_every]
    return [clip for clip in clips if not clip.drill] + drills


def feed(
    folder: Path,
    tokenizer: Tokenizer,
    seed: int,
    batch_sec: float,
    inventory: list[str],
    done: int = 0,
    drill_every: int = 1,
    depth: int = 6,
) -> Iterator[Batch]:
    """Yield batches made by a background thread; shards that appear later join at the next reload.

    ``done`` batches were made by earlier runs. The first of all are whole, clean, single clips, short ones before
    long ones: where to listen is found in a short clip first. One in ``drill_every`` drill clips is kept.
    """
    ready: queue.Queue[Batch] = queue.Queue(maxsize=depth)

    def work() -> None:
        rng = np.random.default_rng(seed)
        clips: list[Clip] = []
        known: set[Path] = set()
        made = done
        while True:
            for path in sorted(folder.glob("shard-????.npy")):
                if path not in known:
                    known.add(path)
                    clips += thinned(load_shard(path), drill_every)
            longest = next((limit for before, limit in CURRICULUM if made < before), None)
            maker = Composer(clips, tokenizer, rng, inventory, longest).batches(batch_sec)
            made += ROUND
            for _ in range(ROUND):
                ready.put(next(maker))

    threading.Thread(target=work, daemon=True, name="batches").start()
    while True:
        yield ready.get()
