"""Whisper on CTranslate2, called directly: batches of items of one window length.

The caller owns the thread: nothing here may run on an event loop.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import ctranslate2
import numpy as np
from faster_whisper.tokenizer import _LANGUAGE_CODES

from models.base import SAMPLE_RATE, Kind, RecognisedWord, Task
from models.settings import AsrSettings
from models.whisper.alignment import FRAMES_PER_SEC, Alignment
from models.whisper.decoded import Decoded
from models.whisper.encoded import Rows, groups
from models.whisper.files import Loaded, load_files
from models.whisper.item import Prepared, Transcript, stacked
from models.whisper.language import likeliest
from models.whisper.log_mel import LogMelStream
from models.whisper.search import Search
from models.whisper.sound import Sound
from models.whisper.tokens import Tokens
from models.whisper.words import POSITIONS_PER_SEC

TIMED_PARTIAL_SEC = 6
"""Partials with a window of this length have word times too: by them the window moves on."""
CPU_BEAMED = 4
"""Items that go together there: with more, the scores of a whole vocabulary a token leave the
cache, and an item costs two to three times as much. A GPU takes all at once."""
UNLOAD_TRIES = 500


class WhisperModel:
    """One loaded model. `prepare` runs in any thread, `transcribe` in `workers` threads at once."""

    def __init__(self, loaded: Loaded, settings: AsrSettings) -> None:
        self._model = loaded.model
        self._features = loaded.features
        self._tokens = Tokens(loaded.tokenizer, multilingual=self._model.is_multilingual)
        self._search = Search(self._model, self._tokens)
        self._alignment = Alignment(self._model, self._tokens)
        self._beam_partial = settings.beam_partial
        self._beam_final = settings.beam_final
        self._beam_below = settings.beam_below

    @classmethod
    def load(cls, path: Path, settings: AsrSettings) -> Self:
        """Load a CTranslate2 Whisper folder. Raises ModelError with what to do about it."""
        loaded = load_files(
            path,
            device=settings.device,
            compute_type=settings.compute_type,
            threads=settings.threads,
            workers=settings.workers,
        )
        return cls(loaded, settings)

    @property
    def device(self) -> str:
        """Where it runs: cpu or cuda."""
        return str(self._model.device)

    def unload(self) -> None:
        """Give the device's memory back; nothing can be decoded any more. An engine's thread."""
        for _ in range(UNLOAD_TRIES):
            # A worker counts as busy for a moment after its answer, and then this does nothing.
            self._model.unload_model()
            if not self._model.model_is_loaded:
                return
            time.sleep(0.01)

    @property
    def workers(self) -> int:
        """How many batches it decodes at once, each for a thread of its own."""
        return int(self._model.num_workers)

    @property
    def compute_type(self) -> str:
        """Of its numbers, as they are on the device."""
        return str(self._model.compute_type)

    def speaks(self, language: str) -> bool:
        """Whether it can give text in that language: a model of one language is English."""
        return language == "en" or bool(self._model.is_multilingual)

    def knows(self, language: str) -> bool:
        """Whether Whisper has that language, as a two-letter code."""
        return language in _LANGUAGE_CODES

    def prompt_tokens(self, prompt: str) -> tuple[int, ...]:
        """Token ids of the text before, as `prepare` takes them; any thread."""
        return self._tokens.prompt(prompt)

    @property
    def bands(self) -> int:
        """Mel bands that it hears by."""
        return int(self._features.mel_filters.shape[0])

    def new_stream(self) -> LogMelStream:
        """Return an empty stream of this model's features."""
        return LogMelStream(self._features)

    def prepare(
        self,
        sound: Sound,
        *,
        window_sec: float,
        kind: Kind,
        prompt: tuple[int, ...] = (),
        language: str | None = None,
        languages: tuple[str, ...] = ("fr", "en"),
        language_prior: tuple[float, ...] = (),
        task: Task = Task.TRANSCRIBE,
        temperature: float = 0.0,
    ) -> Prepared:
        """Take the mel of the sound in a window; what is longer than it is left out."""
        return Prepared(
            mel=np.ascontiguousarray(sound.mel(round(window_sec * FRAMES_PER_SEC), self)),
            audio_sec=min(sound.samples / SAMPLE_RATE, float(window_sec)),
            kind=kind,
            prompt=prompt,
            language=language,
            languages=languages,
            language_prior=language_prior,
            task=task,
            temperature=temperature,
        )

    def detect(self, batch: Sequence[Prepared]) -> list[tuple[str, float | None]]:
        """Return each item's language, among those that it allows, and what the sound says."""
        return self._languages(self._encode(batch), batch)

    def transcribe(self, batch: Sequence[Prepared]) -> list[Transcript]:
        """Decode items of one kind, prompt length and temperature, in their order."""
        encoded = self._encode(batch)
        found = self._languages(encoded, batch)
        languages = [language for language, _ in found]
        final = batch[0].kind is Kind.FINAL
        decoded = self._search.run(encoded, batch, languages, beam=self._first_beam(batch[0]))
        words: list[tuple[RecognisedWord, ...]] = [()] * len(batch)
        if final or encoded.shape[1] >= TIMED_PARTIAL_SEC * POSITIONS_PER_SEC:
            timed = range(len(batch))
            words = self._alignment.words(encoded, batch, languages, decoded, wanted=timed)
        if final and (changed := self._again(encoded, batch, languages, decoded, words)):
            found_anew = self._alignment.words(encoded, batch, languages, decoded, wanted=changed)
            for at in changed:
                words[at] = found_anew[at]
        return [
            Transcript(
                text=one.text,
                language=language,
                words=said,
                avg_logprob=one.avg_logprob,
                no_speech_prob=one.no_speech_prob,
                language_probability=sure,
            )
            for one, (language, sure), said in zip(decoded, found, words, strict=True)
        ]

    def _first_beam(self, first: Prepared) -> int:
        """How wide the first search is: finals that are sure of each word need no wide one."""
        if first.kind is Kind.PARTIAL:
            return self._beam_partial
        return self._beam_final if self._beam_below >= 1 else 1

    def _again(
        self,
        encoded: Any,
        batch: Sequence[Prepared],
        languages: Sequence[str],
        decoded: list[Decoded],
        words: Sequence[Sequence[RecognisedWord]],
    ) -> list[int]:
        """Decode unsure finals with the wide beam, then poor ones hotter; return which."""
        unsure = self._unsure(batch[0], decoded, words)
        for few in groups(unsure, CPU_BEAMED if encoded.device == "cpu" else len(batch)):
            smaller = [batch[at] for at in few]
            part = Rows.of(encoded, few)
            view = part.view if len(part.rows) == len(few) else self._encode(smaller)
            spoken = [languages[at] for at in few]
            again = self._search.run(view, smaller, spoken, beam=self._beam_final)
            for at, one in zip(few, again, strict=True):
                decoded[at] = one
        return sorted({*unsure, *self._retry(batch, languages, decoded)})

    def _unsure(
        self,
        first: Prepared,
        decoded: Sequence[Decoded],
        words: Sequence[Sequence[RecognisedWord]],
    ) -> list[int]:
        """Those whose least sure word is less probable than `beam_below`.

        With 0.6, one in eight of clean sentences, one in five at 15 dB of noise; a wide beam for
        all costs three times as much and makes a tenth more word errors, as it ends some sure
        sentences early.
        """
        narrow = not first.wide or self._beam_final == self._first_beam(first)
        if first.temperature or narrow:
            return []
        return [
            at
            for at, (one, said) in enumerate(zip(decoded, words, strict=True))
            if not one.is_silence
            and min((word.probability for word in said), default=0.0) < self._beam_below
        ]

    def _encode(self, batch: Sequence[Prepared]) -> Any:
        mels = stacked(batch)  # a StorageView shares its memory, and does not own it
        return self._model.encode(ctranslate2.StorageView.from_array(mels))

    def _languages(self, encoded: Any, batch: Sequence[Prepared]) -> list[tuple[str, float | None]]:
        """Each item's language, and what the sound says of it where it had to be detected."""
        if not self._model.is_multilingual:
            return [("en", None)] * len(batch)
        given = [item.languages[0] if len(item.languages) == 1 else item.language for item in batch]
        if all(given):
            return [(language, None) for language in given if language]
        ranked = self._model.detect_language(encoded)
        return [
            (language, None)
            if language
            else likeliest(
                {token[2:-2]: float(share) for token, share in ranks},
                item.languages,
                item.language_prior,
            )
            for language, ranks, item in zip(given, ranked, batch, strict=True)
        ]

    def _retry(
        self, batch: Sequence[Prepared], languages: Sequence[str], decoded: list[Decoded]
    ) -> list[int]:
        """Decode poor items once more, hotter, as a smaller batch; keep the better text."""
        poor = [at for at, one in enumerate(decoded) if one.is_poor]
        if not poor:
            return []
        smaller = [batch[at] for at in poor]
        encoded = self._encode(smaller)
        spoken = [languages[at] for at in poor]
        again = self._search.run(encoded, smaller, spoken, beam=1, hotter=True)
        for at, one in zip(poor, again, strict=True):
            decoded[at] = max(decoded[at], one, key=lambda candidate: candidate.rank)
        return poor
