"""The measure of accuracy: the same tracks by the same model, off line and without any hurry.

Once at its ideal: each utterance cut where the script says that it begins and ends, which nobody
who hears a track knows. And as a recording of the track is read: by faster-whisper with its voice
filter, and by Greffier's own transcription of files. What live text loses against the best of
these it loses by being live.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faster_whisper import WhisperModel

from greffier.bench.captions.meeting import SaidMeeting, SaidTrack
from greffier.bench.captions.offline import CHUNK_SEC, WholeTrack
from greffier.bench.captions.play import play
from greffier.bench.captions.virtual_engine import Decoder
from greffier.bench.figures import errors_of
from greffier.bench.systems.base import cores
from greffier.bench.track_script import TrackScript
from greffier.settings import Settings
from models.base import SAMPLE_RATE
from models.whisper.model import WhisperModel as OurModel
from pipelines.file_transcription import without_partials

BEAM = 5
MARGIN_SAMPLES = round(0.2 * SAMPLE_RATE)
WINDOWS, CHUNKS, FILE = "windows", "chunks", "file"
WAYS = {
    WINDOWS: "whole tracks, faster-whisper with its voice filter, windows of 30 s",
    CHUNKS: "whole tracks, faster-whisper with its voice filter, pieces between pauses of "
    f"{CHUNK_SEC} s at most",
    FILE: "whole tracks, as `greffier transcribe` reads a file",
}
"""How whole tracks are read: names in the JSON, and what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offline:
    """Errors of `words` words said in `utterances` of `tracks`.

    `errors`: of utterances cut where they truly begin and end. `whole_tracks`: of each of `WAYS`.
    """

    tracks: int
    utterances: int
    words: int
    errors: int
    whole_tracks: Mapping[str, int]

    @property
    def wer(self) -> float:
        """Errors a word with the true cuts."""
        return self.rate(self.errors)

    @property
    def best(self) -> str:
        """The way that reads whole tracks best; of equals the first."""
        return min(self.whole_tracks, key=lambda way: self.whole_tracks[way])

    @property
    def best_wer(self) -> float:
        """Errors a word of the best way to read whole tracks."""
        return self.rate(self.whole_tracks[self.best])

    def rate(self, errors: int) -> float:
        """So many errors, a word."""
        return round(errors / max(self.words, 1), 4)


def decode_offline(model: Path, tracks: Sequence[TrackScript], settings: Settings) -> Offline:
    """Decode the tracks in each way; takes all cores a while."""
    decoder = WhisperModel(str(model), device="cpu", cpu_threads=cores())
    utterances = words = errors = 0
    for track in tracks:
        for line in track.lines:
            begin = max(line.first_sample - MARGIN_SAMPLES, 0)
            segments, _ = decoder.transcribe(
                track.samples[begin : line.end_sample + MARGIN_SAMPLES],
                language=track.language,
                beam_size=BEAM,
                condition_on_previous_text=False,
            )
            wrong, said = errors_of(line.text, " ".join(one.text for one in segments))
            utterances, words, errors = utterances + 1, words + said, errors + wrong
    return Offline(
        tracks=len(tracks),
        utterances=utterances,
        words=words,
        errors=errors,
        whole_tracks={
            way: sum(_errors(track, read) for track in tracks)
            for way, read in _readers(model, settings).items()
        },
    )


Reader = Callable[[SaidTrack, str], str]
"""Reads a track whose language is told."""


def _readers(model: Path, settings: Settings) -> dict[str, Reader]:
    whole = WholeTrack(model, device="cpu", compute_type="default", threads=cores())
    asr = settings.asr
    ours = Decoder(
        OurModel.load(model, asr.model_copy(update={"device": "cpu", "threads": cores()})),
        asr,
        remember=False,
    )
    return {
        WINDOWS: lambda track, language: whole.text(track, (language,)),
        CHUNKS: lambda track, language: whole.text_in_chunks(track, (language,)),
        FILE: lambda track, language: asyncio.run(_as_file(track, language, ours, settings)),
    }


async def _as_file(track: SaidTrack, language: str, decoder: Decoder, settings: Settings) -> str:
    captions = without_partials(settings.captions)
    played = await play(
        SaidMeeting(name="file", kind="", languages=(language,), tracks=(track,)),
        decoder,
        captions=captions.model_copy(update={"languages": (language,)}),
        asr=settings.asr,
        accounted=False,
    )
    return " ".join(segment.text for segment in played.tracks[0].segments)


def _errors(script: TrackScript, read: Reader) -> int:
    track = SaidTrack(identity=str(script.number), samples=script.samples, lines=())
    wrong, _ = errors_of(" ".join(line.text for line in script.lines), read(track, script.language))
    return wrong
