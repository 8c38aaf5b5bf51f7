"""Text to tokens and back: a tokenizer a language, the marks around a text, the text before it."""

from __future__ import annotations

import tokenizers
from faster_whisper.tokenizer import Tokenizer

from models.base import Task

PROMPT_TOKENS = (25, 50, 100)
MAX_PROMPT_TOKENS = PROMPT_TOKENS[-1]


class Tokens:
    """Of one model. `marks` names the tokens that are no text, the same for all languages."""

    def __init__(self, vocabulary: tokenizers.Tokenizer, *, multilingual: bool) -> None:
        self._vocabulary = vocabulary
        self._multilingual = multilingual
        self._tokenizers: dict[str, Tokenizer] = {}
        self.marks = self.of("en")

    def prompt(self, text: str) -> tuple[int, ...]:
        """Token ids of the text before, with their leading mark; the last hundred tokens of it.

        A batch has prompts of one length: they come in few, a shorter text repeated to the next.
        """
        if not text.strip():
            return ()
        ids = self.marks.encode(" " + text.strip())[-MAX_PROMPT_TOKENS:]
        length = next(length for length in PROMPT_TOKENS if length >= len(ids))
        return (self.marks.sot_prev, *(ids * -(-length // len(ids)))[-length:])

    def of(self, language: str) -> Tokenizer:
        """The tokenizer that marks that language."""
        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._vocabulary, self._multilingual, task="transcribe", language=language
            )
        return self._tokenizers[language]

    def start(self, language: str, task: Task = Task.TRANSCRIBE) -> list[int]:
        """The marks that a text of that language begins with."""
        start = list(self.of(language).sot_sequence)
        if task is Task.TRANSLATE:
            start = [self.marks.translate if id == self.marks.transcribe else id for id in start]
        return start

    def opening(self, prompt: tuple[int, ...], language: str, task: Task) -> list[int]:
        """All that the decoder is given before the text."""
        return [*prompt, *self.start(language, task), self.marks.no_timestamps]

    def suppressed(self) -> list[int]:
        """What no text may hold."""
        marks = self.marks
        # -1 stands for the symbols that the model's own config.json suppresses.
        return [
            -1,
            marks.transcribe,
            marks.translate,
            marks.sot,
            marks.sot_prev,
            marks.sot_lm,
            marks.no_speech,
        ]
