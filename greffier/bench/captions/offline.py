"""The same model on the same audio without haste: what streaming is measured against.

Our own engine on the true utterances, cut where the speaker really paused; and faster-whisper on
the whole track, as everybody runs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from faster_whisper import BatchedInferencePipeline, WhisperModel

from greffier.bench.captions.meeting import SaidLine, SaidTrack
from greffier.bench.captions.virtual_engine import Decoder
from models.base import SAMPLE_RATE, Kind, RecognitionRequest, Samples

MARGIN_SEC = 0.3
LONGEST_SEC = 28.0
PAUSE_SEC = 0.55
"""Lines with less between them are one utterance, as for the segmenter."""
CHUNK_SEC, CHUNK_PAUSE_MS = 5, 300


def true_cuts(
    track: SaidTrack, decoder: Decoder, languages: tuple[str, ...], *, pause_sec: float = PAUSE_SEC
) -> list[str]:
    """Return the text of each true utterance of a track whose lines have times."""
    requests = [
        RecognitionRequest(
            utterance_id=f"{track.identity}/{number}",
            kind=Kind.FINAL,
            samples=samples,
            languages=languages,
        )
        for number, samples in enumerate(_utterances(track, pause_sec))
    ]
    return [one.text for request in requests for one in decoder.decode([request])]


def _utterances(track: SaidTrack, pause_sec: float) -> Iterator[Samples]:
    group: list[SaidLine] = []
    for line in track.lines:
        if group and (
            line.start_sec - _end(group[-1]) >= pause_sec
            or _end(line) - group[0].start_sec > LONGEST_SEC
        ):
            yield _sound(track, group)
            group = []
        group.append(line)
    if group:
        yield _sound(track, group)


def _sound(track: SaidTrack, lines: Sequence[SaidLine]) -> Samples:
    first = max(lines[0].start_sec - MARGIN_SEC, 0.0)
    last = _end(lines[-1]) + MARGIN_SEC
    return track.samples[round(first * SAMPLE_RATE) : round(last * SAMPLE_RATE)]


def _end(line: SaidLine) -> float:
    assert line.end_sec is not None
    return line.end_sec


class WholeTrack:
    """faster-whisper on recordings, as its documentation runs it: voice filter, beam of 5.

    `text` decodes windows of 30 s; `text_in_chunks` pieces between pauses, of 5 s at most: what a
    model that learnt from single sentences, as the demo model, reads best.
    """

    def __init__(self, model: Path, *, device: str, compute_type: str, threads: int) -> None:
        self._model = WhisperModel(
            str(model), device=device, compute_type=compute_type, cpu_threads=threads
        )
        self._batched = BatchedInferencePipeline(self._model)

    def text(self, track: SaidTrack, languages: tuple[str, ...]) -> str:
        """Return the whole track's text; with several languages, each window finds its own."""
        segments, _ = self._model.transcribe(
            track.samples.copy(),
            language=languages[0] if len(languages) == 1 else None,
            multilingual=len(languages) > 1,
            beam_size=5,
            vad_filter=True,
            condition_on_previous_text=False,
        )
        return " ".join(segment.text.strip() for segment in segments)

    def text_in_chunks(self, track: SaidTrack, languages: tuple[str, ...]) -> str:
        """Return the whole track's text, read in short pieces."""
        segments, _ = self._batched.transcribe(
            track.samples.copy(),
            language=languages[0] if len(languages) == 1 else None,
            multilingual=len(languages) > 1,
            beam_size=5,
            batch_size=4,
            chunk_length=CHUNK_SEC,
            vad_parameters={
                "min_silence_duration_ms": CHUNK_PAUSE_MS,
                "max_speech_duration_s": CHUNK_SEC,
            },
        )
        return " ".join(segment.text.strip() for segment in segments)
