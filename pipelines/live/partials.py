"""Partials of one track: when one is asked for, and what of it is shown. One in flight at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from models.base import (
    Kind,
    ModelBusy,
    ModelError,
    Pressure,
    RecognitionRequest,
    Samples,
)
from pipelines.events import PartialCaption
from pipelines.guards import drop_reason
from pipelines.live.agreement import Agreed
from pipelines.live.certainty import Certainty
from pipelines.live.live_text import LiveText
from pipelines.segments import speech_sec, to_ms
from pipelines.speech.cut import between
from pipelines.speech.loudness import loudness
from pipelines.speech.utterance import OpenUtterance
from pipelines.track_parts import TrackParts

SURE_SPEECH_SEC = 2.0
"""From here on the partials of an utterance keep to its language; its final finds out itself."""


class Partials:
    """Cadence and showing."""

    def __init__(
        self,
        parts: TrackParts,
    ) -> None:
        self._parts = parts
        self._certainty = Certainty()
        self._live = LiveText()
        self._asked_until = 0
        self._language: str | None = None  # of the utterance, once a partial was long enough
        self.boundaries: list[int] = []
        """Where words of the utterance that goes on meet, in meeting samples."""
        self._shown: dict[str, Agreed] = {}
        self._task: asyncio.Task[None] | None = None

    def begin(self, first_speech_sample: int) -> None:
        """An utterance has begun: its text starts from nothing."""
        self._live, self._language = LiveText(held_words=self._parts.settings.held_words), None
        self._parts.cadence.begin(first_speech_sample)
        self._asked_until = first_speech_sample - self._parts.cadence.head_start_samples
        self.boundaries = []

    def ask(self, opened: OpenUtterance, samples: Callable[[], Samples]) -> None:
        """Ask for a partial if enough new speech is there and none is in flight."""
        if self._task is not None:
            return
        if opened.speech_end_sample - self._asked_until < self._parts.cadence.every_samples:
            return
        self._asked_until = opened.speech_end_sample
        own = self._parts.echo.own(opened.speech_start_sample, opened.speech_end_sample)
        if own.all_echo or own.doubtful:
            return  # the words of another: nothing to show until some are this speaker's own
        if not self._live.skip_samples:
            self._live.skip_samples = own.skip_samples(opened.start_sample)
        request = self._parts.request(
            Kind.PARTIAL,
            opened.start_sample,
            samples(),
            speech_sec=speech_sec(opened),
            skip_samples=self._live.skip_samples,
            language=self._language,
        )
        self._task = asyncio.create_task(self._show(request, opened, self._live))
        self._task.add_done_callback(self._ended)

    def stop(self) -> asyncio.Task[None] | None:
        """Give up what is in flight, because its utterance has ended; the task, if one was."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        return task

    def take_back(self, utterance_id: str) -> Agreed | None:
        """Return what is on show of the utterance, None if nothing is; forgets it."""
        return self._shown.pop(utterance_id, None)

    async def _show(
        self, request: RecognitionRequest, opened: OpenUtterance, live: LiveText
    ) -> None:
        try:
            recognition = await self._parts.recogniser.recognise(request)
        except ModelBusy:
            self._parts.cadence.tell(Pressure.FINALS, opened.speech_end_sample)
            return
        except ModelError:
            return  # the next partial, or the final, says it all
        self._parts.cadence.tell(recognition.pressure, opened.speech_end_sample)
        if drop_reason(recognition, loudness(request.samples)) is not None:
            return
        if live is self._live and speech_sec(opened) >= SURE_SPEECH_SEC:
            self._language = recognition.language
        if live is self._live:
            self._know(between(recognition.words, opened.start_sample))
        sure = self._certainty.judge(recognition.avg_logprob)
        agreed = live.update(recognition, len(request.samples), sure=sure)
        self._parts.echo.says(request.utterance_id, opened.speech_end_sample, agreed.text)
        if not agreed.stable and not agreed.tail:
            return  # all of it is held back
        self._shown[request.utterance_id] = agreed
        await self._parts.sink.partial(
            PartialCaption(
                utterance_id=request.utterance_id,
                speaker=self._parts.track.speaker,
                start_ms=to_ms(opened.speech_start_sample),
                stable=agreed.stable,
                tail=agreed.tail,
                language=recognition.language,
                pressure=recognition.pressure,
            )
        )

    def _know(self, boundaries: list[int]) -> None:
        """What this partial heard anew replaces what earlier ones said of the same words."""
        if boundaries:
            self.boundaries = [b for b in self.boundaries if b < boundaries[0]] + boundaries

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._task is task:
            self._task = None
        self._parts.done(task)
