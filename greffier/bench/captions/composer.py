"""Composes a made meeting: who talks when, over whom, how loud, over which network. Seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from greffier.bench.captions.clips import Clip
from greffier.bench.captions.meeting import SaidLine, SaidMeeting, SaidTrack
from greffier.bench.captions.network import through_network
from greffier.bench.captions.plan import MeetingPlan
from greffier.demo.script import ScriptWord
from models.base import SAMPLE_RATE, Samples

START_SEC, TAIL_SEC = 0.8, 2.5
SENTENCES_A_TURN = (1, 1, 2, 2, 3)
BETWEEN_SENTENCES_SEC = (0.15, 0.7)
BETWEEN_TURNS_SEC = (0.1, 1.2)
OVERLAP_SEC = (0.3, 1.5)
SHORTEST_OWN_PAUSE_SEC = 0.4
LEVEL_DB = (-12.0, 0.0)
BACKCHANNEL_DB = -4.0
SWITCH_CHANCE = 0.4
NOISE_SAMPLES = 1 << 19
"""Noise is repeated after half a minute, without a seam: a power of two is quick to make."""
MARGIN_SEC = 0.1
"""Coded around what is said: between turns there is nothing that a codec would change."""


def compose(plan: MeetingPlan, clips: Sequence[Clip], *, seed: int) -> SaidMeeting:
    """Return the meeting. The same arguments give the same one, sample by sample."""
    chance = random.Random(f"{seed}/{plan.name}")  # noqa: S311 - repeatable, not secret
    people = [_Person(plan, voice, clips, chance) for voice in _voices(plan, clips, chance)]
    _talk(plan, people, chance)
    _nod(plan, people, chance)
    count = round((max(person.end_sec for person in people) + TAIL_SEC) * SAMPLE_RATE)
    return SaidMeeting(
        name=plan.name,
        kind=plan.kind,
        languages=plan.languages,
        tracks=tuple(
            _track(plan, person, count, seed=f"{seed}/{plan.name}/{person.voice}")
            for person in people
        ),
    )


class _Person:
    """One participant while the meeting is written: clips with their beginnings."""

    def __init__(
        self, plan: MeetingPlan, voice: str, clips: Sequence[Clip], chance: random.Random
    ) -> None:
        self.voice = voice
        self.level_db = chance.uniform(*LEVEL_DB)
        self.placed: list[tuple[float, Clip]] = []
        self.language = chance.choice(plan.languages)
        self._plan = plan
        self._chance = chance
        self._sentences = {
            language: self._endless(
                [one for one in clips if _is(one, voice, language, backchannel=False)]
            )
            for language in plan.languages
        }
        self._answers = {
            language: [one for one in clips if _is(one, voice, language, backchannel=True)]
            for language in plan.languages
        }

    @property
    def end_sec(self) -> float:
        """When the last clip ends."""
        return max((at + clip.seconds for at, clip in self.placed), default=0.0)

    def turn(self) -> list[Clip]:
        """What is said in one turn, all in one language."""
        if self._plan.switching and self._chance.random() < SWITCH_CHANCE:
            self.language = self._chance.choice(self._plan.languages)
        count = self._chance.choice(SENTENCES_A_TURN)
        return [next(self._sentences[self.language]) for _ in range(count)]

    def answer(self) -> Clip:
        """A short answer."""
        return self._chance.choice(self._answers[self.language])

    def is_free(self, start_sec: float, end_sec: float) -> bool:
        """Whether nothing of this person's own is near."""
        return all(
            end_sec + SHORTEST_OWN_PAUSE_SEC <= at
            or start_sec - SHORTEST_OWN_PAUSE_SEC >= at + clip.seconds
            for at, clip in self.placed
        )

    def _endless(self, clips: list[Clip]) -> Iterator[Clip]:
        while True:
            yield from self._chance.sample(clips, len(clips))


def _is(clip: Clip, voice: str, language: str, *, backchannel: bool) -> bool:
    return (clip.voice, clip.language, clip.backchannel) == (voice, language, backchannel)


def _voices(plan: MeetingPlan, clips: Sequence[Clip], chance: random.Random) -> list[str]:
    return chance.sample(sorted({clip.voice for clip in clips}), plan.people)


def _talk(plan: MeetingPlan, people: Sequence[_Person], chance: random.Random) -> None:
    cursor, last, spoken, doubled = START_SEC, None, 0.0, 0.0
    while cursor < plan.seconds:
        # Everybody comes in before anybody has said a lot.
        person = min(
            (one for one in people if one is not last),
            key=lambda one: len(one.placed) + chance.uniform(0, 4),
        )
        over = chance.uniform(*OVERLAP_SEC) if doubled < plan.overlap * spoken else 0.0
        at = cursor - over if over else cursor + chance.uniform(*BETWEEN_TURNS_SEC)
        at = max(at, person.end_sec + SHORTEST_OWN_PAUSE_SEC if person.placed else START_SEC)
        doubled += max(cursor - at, 0.0) if last else 0.0
        for clip in person.turn():
            person.placed.append((at, clip))
            spoken += clip.seconds
            at += clip.seconds + chance.uniform(*BETWEEN_SENTENCES_SEC)
        cursor, last = max(cursor, person.end_sec), person


def _nod(plan: MeetingPlan, people: Sequence[_Person], chance: random.Random) -> None:
    end = max(person.end_sec for person in people)
    for _ in range(round(plan.backchannels_a_minute * end / 60)):
        person, at = chance.choice(people), chance.uniform(START_SEC, end - 1)
        clip = person.answer()
        if person.is_free(at, at + clip.seconds):
            person.placed.append((at, clip))


def _track(plan: MeetingPlan, person: _Person, count: int, *, seed: str) -> SaidTrack:
    person.placed.sort(key=lambda placed: placed[0])
    samples = _noise(plan, count, seed)
    lines: list[SaidLine] = []
    for number, (at_sec, clip) in enumerate(person.placed):
        margin = round(MARGIN_SEC * SAMPLE_RATE)
        at = round(at_sec * SAMPLE_RATE) - margin
        level = person.level_db + (BACKCHANNEL_DB if clip.backchannel else 0.0)
        # The microphone's noise goes over the network with the voice.
        sound = samples[at : at + len(clip.samples) + 2 * margin].copy()
        sound[margin : margin + len(clip.samples)] += clip.samples * np.float32(10 ** (level / 20))
        samples[at : at + len(sound)] = through_network(
            sound, bitrate=plan.bitrate, loss=plan.loss, seed=f"{seed}/{number}"
        )
        lines.append(_line(person.voice, clip, at_sec))
    samples = np.clip(samples, -1.0, 1.0)
    samples.setflags(write=False)
    return SaidTrack(identity=person.voice, samples=samples, lines=tuple(lines))


def _line(identity: str, clip: Clip, at_sec: float) -> SaidLine:
    return SaidLine(
        speaker=identity,
        language=clip.language,
        text=clip.text,
        start_sec=at_sec + clip.words[0].start_sec,
        end_sec=at_sec + clip.words[-1].end_sec,
        words=tuple(
            ScriptWord(
                text=word.text, start_sec=at_sec + word.start_sec, end_sec=at_sec + word.end_sec
            )
            for word in clip.words
        ),
    )


def _noise(plan: MeetingPlan, count: int, seed: str) -> Samples:
    """Pink noise: what a room and a fan sound like, more than white noise does."""
    if plan.noise_dbfs is None:
        return np.zeros(count, dtype=np.float32)
    source = np.random.default_rng(list(seed.encode()))
    spectrum = np.fft.rfft(source.standard_normal(NOISE_SAMPLES))
    frequency = np.fft.rfftfreq(NOISE_SAMPLES, 1 / SAMPLE_RATE)
    wave = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 50.0)))
    wave *= 10 ** (plan.noise_dbfs / 20) / np.sqrt(np.mean(wave**2))
    return np.resize(wave, count).astype(np.float32)
