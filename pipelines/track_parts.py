"""What the partials and the finals of one track work with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from models.base import Kind, Recogniser, RecognitionRequest, Samples
from pipelines.caption_sink import CaptionSink
from pipelines.echo.meeting_echo import TrackEcho
from pipelines.language import LanguageMemory
from pipelines.live.cadence import Cadence
from pipelines.segments import Track
from pipelines.settings import CaptionSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackParts:
    """`done` is called with each task that has ended, for its error."""

    track: Track
    recogniser: Recogniser
    sink: CaptionSink
    memory: LanguageMemory
    settings: CaptionSettings
    cadence: Cadence
    echo: TrackEcho
    done: Callable[[asyncio.Task[None]], None]

    def request(
        self,
        kind: Kind,
        start_sample: int,
        samples: Samples,
        *,
        speech_sec: float,
        skip_samples: int,
        language: str | None = None,
        prompt: str = "",
    ) -> RecognitionRequest:
        """Ask for the utterance that begins at `start_sample`, of which `speech_sec` is speech.

        `language` counts where the speaker's own is not known; without it, it is found out.
        """
        return RecognitionRequest(
            utterance_id=self.track.utterance_id(start_sample),
            kind=kind,
            meeting_id=self.track.meeting_id,
            track_id=self.track.speaker.track_sid,
            samples=samples,
            language=self.memory.choose() or language,
            languages=self.settings.languages,
            language_prior=self.memory.prior(speech_sec),
            prompt=prompt,
            skip_samples=skip_samples,
        )
