"""The spoken corpus: sentences synthesised in parallel into shards of log-mel frames, resumable."""

from __future__ import annotations

import json
import random
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .mel import FRAMES_PER_SEC, RATE_HZ, Array, log_power
from .opus import round_trip
from .sentences import Sentence, training_sentences
from .speech import ESPEAK_ACCENTS, ESPEAK_VARIANTS, FLITE_VOICES, Voice, speak

SHARD_CLIPS = 500
FLITE_SHARE, OPUS_SHARE = 0.15, 0.5
OPUS_BITRATES = (16_000, 20_000, 24_000, 32_000, 32_000, 40_000, 48_000)
#: Silence kept on each side of a clip, so that frames of two clips can be joined without a seam.
MARGIN_SEC = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One utterance: log10 mel power (80, frames) with its margins, text and word times in seconds."""

    language: str
    text: str
    log_mel: Array
    word_ends_sec: tuple[float, ...]
    drill: bool = False


def random_voice(language: str, rng: random.Random) -> Voice:
    """Draw a voice for ``language`` from the training distribution."""
    if language == "en" and rng.random() < FLITE_SHARE:
        return Voice(engine="flite", name=rng.choice(FLITE_VOICES), speed_wpm=rng.randint(145, 190))
    name = f"{rng.choice(ESPEAK_ACCENTS[language])}+{rng.choice(ESPEAK_VARIANTS)}"
    return Voice(
        engine="espeak", name=name, speed_wpm=rng.randint(130, 190), pitch=rng.randint(30, 70)
    )


def _shard(path: Path, sentences: list[Sentence], seed: int) -> Path:
    rng = random.Random(seed)
    mels: list[Array] = []
    rows: list[dict[str, object]] = []
    margin = int(MARGIN_SEC * RATE_HZ)
    for sentence in sentences:
        spoken = speak(sentence.text, random_voice(sentence.language, rng))
        samples = np.pad(spoken.samples, margin)
        if rng.random() < OPUS_SHARE:
            samples = round_trip(samples, rng.choice(OPUS_BITRATES))
        mels.append(log_power(samples))
        ends = [round(t + MARGIN_SEC, 3) for t in spoken.word_ends_sec]
        rows.append(
            {
                "language": sentence.language,
                "text": sentence.text,
                "ends": ends,
                "frames": mels[-1].shape[1],
                "drill": sentence.drill,
            }
        )
    partial = path.with_suffix(".part.npy")
    np.save(partial, np.concatenate(mels, axis=1).T.astype(np.float16))
    path.with_suffix(".json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    # Renamed last: a shard that has its .npy is whole, so a stopped run goes on where it was.
    partial.replace(path)
    return path


def build(folder: Path, clips: int, seed: int, workers: int) -> None:
    """Write the missing shards of a corpus of ``clips`` utterances into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    sentences = training_sentences(clips, seed)
    random.Random(seed).shuffle(sentences)
    jobs = []
    for index in range(0, clips, SHARD_CLIPS):
        path = folder / f"shard-{index // SHARD_CLIPS:04d}.npy"
        if not path.exists():
            jobs.append((path, sentences[index : index + SHARD_CLIPS], seed + index))
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(_shard, *job) for job in jobs]
        for future in tqdm(as_completed(futures), total=len(futures), desc="corpus", unit="shard"):
            future.result()


def load_shard(path: Path) -> list[Clip]:
    """Return the clips of a shard; frames are views of one array kept in memory as float16."""
    frames = np.load(path)
    clips: list[Clip] = []
    position = 0
    for row in json.loads(path.with_suffix(".json").read_text(encoding="utf-8")):
        end = position + int(row["frames"])
        clips.append(
            Clip(
                language=row["language"],
                text=row["text"],
                log_mel=frames[position:end].T,
                word_ends_sec=tuple(row["ends"]),
                drill=bool(row["drill"]),
            )
        )
        position = end
    return clips


def hours(clips: list[Clip]) -> float:
    """Return the duration of ``clips`` in hours."""
    return sum(clip.log_mel.shape[1] for clip in clips) / FRAMES_PER_SEC / 3600
