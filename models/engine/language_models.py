"""Which model hears a request: the main one, or the one of its language (docs/adr/0009)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from models.base import RecognitionRequest
from models.engine.job import Job, Transcriber, fit
from models.whisper.item import Transcript


class LanguageModels:
    """All models of one engine. `of` may be called from any thread, the rest by their owner."""

    def __init__(
        self, main: Transcriber, by_language: Mapping[str, Transcriber] | None = None
    ) -> None:
        self.main = main
        self._by_language = dict(by_language or {})

    def of(self, request: RecognitionRequest) -> tuple[str, Transcriber]:
        """Return the language whose own model hears the request, or "", and the model."""
        language = _known(request) or ""
        own = self._by_language.get(language)
        return ("", self.main) if own is None else (language, own)

    def replace(self, model: Transcriber) -> None:
        """This one hears everything from now on."""
        self.main, self._by_language = model, {}

    def transcribe(self, jobs: Sequence[Job]) -> list[Transcript]:
        """Decode each request by its model, in their order; languages are told apart first."""
        if not self._by_language:
            return self.main.transcribe([fit(job, self.main).prepared for job in jobs])
        placed = self._placed(jobs)
        heard: dict[int, Transcript] = {}
        for model in {id(job.model): job.model for job, _ in placed}.values():
            rows = [at for at, (job, _) in enumerate(placed) if job.model is model]
            texts = model.transcribe([placed[at][0].prepared for at in rows])
            heard |= zip(rows, texts, strict=True)
        return [
            replace(heard[at], language_probability=sure) for at, (_, sure) in enumerate(placed)
        ]

    def _placed(self, jobs: Sequence[Job]) -> list[tuple[Job, float | None]]:
        """Each job for its model, and how sure its language is where it had to be detected."""
        unknown = [fit(job, self.main) for job in jobs if _known(job.request) is None]
        found = self.main.detect([job.prepared for job in unknown]) if unknown else []
        told = iter(zip(unknown, found, strict=True))
        placed: list[tuple[Job, float | None]] = []
        for job in jobs:
            if _known(job.request) is None:
                asked, (language, sure) = next(told)
                spoken = _spoken(asked, language)
                placed.append((fit(spoken, self.of(spoken.request)[1]), sure))
            else:
                placed.append((fit(job, self.of(job.request)[1]), None))
        return placed


def _known(request: RecognitionRequest) -> str | None:
    if request.language is None and len(request.languages) == 1:
        return request.languages[0]
    return request.language


def _spoken(job: Job, language: str) -> Job:
    return replace(
        job,
        request=replace(job.request, language=language),
        prepared=replace(job.prepared, language=language),
    )
