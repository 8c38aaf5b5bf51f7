"""One meeting measured: played without and with the time of decoding, read offline, compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from greffier.bench.captions.accuracy import Accuracy, accuracy
from greffier.bench.captions.attribution import attribution, missing
from greffier.bench.captions.guards import GuardTable
from greffier.bench.captions.latency import Latencies, latencies
from greffier.bench.captions.layers import layers
from greffier.bench.captions.meeting import SaidMeeting, SaidTrack
from greffier.bench.captions.offline import WholeTrack, true_cuts
from greffier.bench.captions.outcome import Row
from greffier.bench.captions.play import Heard, Played, play
from greffier.bench.captions.stability import Stability, stability
from greffier.bench.captions.virtual_engine import Decoder
from greffier.bench.captions.words import align, words_of
from greffier.settings import Settings
from models.whisper.model import WhisperModel
from pipelines.settings import CaptionSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """What is measured besides the plain figures."""

    loaded: bool = True
    offline: bool = True
    attributed: bool = True


class Bench:
    """The models of one process, loaded once."""

    def __init__(self, settings: Settings, model: Path, *, threads: int) -> None:
        self._settings = settings
        self._path = model
        self._threads = threads
        asr = settings.asr
        self._model = WhisperModel.load(model, asr.model_copy(update={"threads": threads}))
        self._whole: WholeTrack | None = None
        # What was detected and decoded in each meeting, so that a second play costs neither.
        self._heard: dict[str, Heard] = {}
        self._known: dict[str, Decoder] = {}

    def forget(self, meeting: SaidMeeting) -> None:
        """The meeting is not played again: give its memory back."""
        self._heard.pop(meeting.name, None)
        self._known.pop(meeting.name, None)

    def measure(
        self, meeting: SaidMeeting, depth: Depth, *, captions: CaptionSettings | None = None
    ) -> Row:
        """Play and compare; `captions` stands for the settings' own."""
        chosen = captions or self._settings.captions
        decoder = self._known.setdefault(
            meeting.name, Decoder(self._model, self._settings.asr, remember=True)
        )
        played = self._play(meeting, decoder, chosen, accounted=False)
        loaded = None
        if depth.loaded:
            live = Decoder(self._model, self._settings.asr, remember=False)
            loaded = self._play(meeting, live, chosen, accounted=True)
        return Row(
            name=meeting.name,
            kind=meeting.kind,
            seconds=meeting.seconds,
            accuracy=sum((accuracy(one, timed=meeting.timed) for one in played.tracks), Accuracy()),
            stability=sum((stability(one.shown) for one in played.tracks), Stability()),
            latencies=_latencies(played),
            loaded=None if loaded is None else _latencies(loaded),
            attribution=attribution(played) if depth.attributed and not missing() else None,
            offline=self._offline(meeting, decoder, chosen) if depth.offline else {},
            partials=played.effort.partials,
            finals=played.effort.finals,
            decode_sec=played.effort.decode_sec,
        )

    def layers(self, seconds: float) -> GuardTable:
        """Try the guards over so many seconds of non-speech."""
        decoder = Decoder(self._model, self._settings.asr, remember=False)
        return asyncio.run(layers(decoder, self._settings.captions, seconds=seconds))

    def _play(
        self, meeting: SaidMeeting, decoder: Decoder, captions: CaptionSettings, *, accounted: bool
    ) -> Played:
        return asyncio.run(
            play(
                meeting,
                decoder,
                captions=captions,
                asr=self._settings.asr,
                accounted=accounted,
                heard=self._heard.setdefault(meeting.name, {}),
            )
        )

    def _offline(
        self, meeting: SaidMeeting, decoder: Decoder, captions: CaptionSettings
    ) -> dict[str, int]:
        """Errors of the ways to read the meeting without haste, by name."""
        if self._whole is None:
            self._whole = WholeTrack(
                self._path,
                device=self._settings.asr.device,
                compute_type=self._settings.asr.compute_type,
                threads=self._threads,
            )
        whole, languages = self._whole, captions.languages
        ways: dict[str, Callable[[SaidTrack], list[str]]] = {
            "whole_track": lambda track: [whole.text(track, languages)],
            "short_chunks": lambda track: [whole.text_in_chunks(track, languages)],
        }
        if meeting.timed:
            ways["true_cuts"] = lambda track: true_cuts(track, decoder, languages)
        return {
            name: sum(_errors(track, read(track)) for track in meeting.tracks)
            for name, read in ways.items()
        }


def _latencies(played: Played) -> Latencies:
    if not played.meeting.timed:
        return Latencies()
    return sum((latencies(one) for one in played.tracks), Latencies())


def _errors(track: SaidTrack, texts: list[str]) -> int:
    said = [word for line in track.lines for word in words_of(line.text)]
    return align(said, [word for text in texts for word in words_of(text)]).errors
