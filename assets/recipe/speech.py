"""Synthetic voices: espeak-ng through ctypes, with word times, and flite as a program.

Sources: espeak-ng's ``speak_lib.h`` for the structures and constants.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np

from .mel import RATE_HZ, Array

FLITE_VOICES = ("slt", "rms", "awb", "kal16")
ESPEAK_VARIANTS = (*(f"m{i}" for i in range(1, 8)), *(f"f{i}" for i in range(1, 6)))
ESPEAK_ACCENTS = {
    "en": ("en", "en", "en-us", "en-gb-x-rp", "en-gb-scotland"),
    "fr": ("fr", "fr", "fr", "fr-be", "fr-ch"),
}
#: Below this part of the peak the start and the end of a clip count as silence.
SILENCE_LEVEL = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One voice: an engine's voice name, words a minute and pitch (0 to 99, espeak-ng only)."""

    engine: str
    name: str
    speed_wpm: int = 160
    pitch: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Spoken text: 16 kHz mono ``samples``; ``word_ends_sec`` is empty when the engine gives no times."""

    samples: Array
    word_starts_sec: tuple[float, ...]
    word_ends_sec: tuple[float, ...]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)
_SYNCHRONOUS, _UTF8, _RATE, _PITCH, _WORD_EVENT, _SEPARATOR = 2, 1, 1, 3, 1, "|"


class _Espeak:
    """The process-wide espeak-ng library; one utterance at a time."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL("libespeak-ng.so.1")
        self.rate_hz = int(self.library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0))
        if self.rate_hz <= 0:
            raise RuntimeError("espeak-ng did not start: install espeak-ng and its data")
        self.chunks: list[Array] = []
        self.events: list[tuple[int, int]] = []
        self.library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.callback = _CALLBACK(self._receive)
        self.library.espeak_SetSynthCallback(self.callback)

    def _receive(self, wave: object, count: int, events: object) -> int:
        if count > 0 and wave:
            block = np.ctypeslib.as_array(wave, shape=(count,)).astype(np.float32)  # type: ignore[arg-type]
            self.chunks.append(block / 32768)
        index = 0
        while events[index].type:  # type: ignore[index]
            event = events[index]  # type: ignore[index]
            if event.type == _WORD_EVENT:
                self.events.append((event.text_position - 1, event.audio_position_ms))
            index += 1
        return 0

    def speak(self, text: str, voice: Voice) -> tuple[Array, list[tuple[int, int]]]:
        self.chunks, self.events = [], []
        if self.library.espeak_SetVoiceByName(voice.name.encode()):
            raise ValueError(f"espeak-ng has no voice {voice.name}")
        self.library.espeak_SetParameter(_RATE, voice.speed_wpm, 0)
        self.library.espeak_SetParameter(_PITCH, voice.pitch, 0)
        data = text.encode() + b"\0"
        self.library.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None)
        self.library.espeak_Synchronize()
        return np.concatenate(self.chunks), list(self.events)

    def phonemes(self, text: str, voice: str) -> list[str]:
        self.library.espeak_SetVoiceByName(voice.encode())
        rest, out = ctypes.c_char_p(text.encode()), []
        while rest.value:
            clause = self.library.espeak_TextToPhonemes(
                ctypes.byref(rest), _UTF8, ord(_SEPARATOR) << 8
            )
            out += clause.decode().replace(" ", _SEPARATOR).split(_SEPARATOR)
        return out


@lru_cache(maxsize=1)
def _espeak() -> _Espeak:
    return _Espeak()


@lru_cache(maxsize=200_000)
def phonemes(text: str, language: str) -> tuple[str, ...]:
    """Return espeak-ng's phonemes of ``text`` read by the plain voice of ``language``, without stress marks."""
    # Switches of language inside a sentence are written in brackets.
    symbols = (re.sub(r"\(\w+\)|[',]", "", raw) for raw in _espeak().phonemes(text, language))
    return tuple(symbol for symbol in symbols if symbol)


def resample(samples: Array, source_hz: int, target_hz: int) -> Array:
    """Return mono ``samples`` at ``target_hz`` (libswresample)."""
    if source_hz == target_hz:
        return samples
    resampler = av.AudioResampler(format="flt", layout="mono", rate=target_hz)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples[None], dtype=np.float32), format="flt", layout="mono"
    )
    frame.sample_rate = source_hz
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([f.to_ndarray()[0] for f in frames]).astype(np.float32)


def _bounds(samples: Array) -> tuple[int, int]:
    loud = np.flatnonzero(np.abs(samples) > SILENCE_LEVEL * max(1e-6, float(np.abs(samples).max())))
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, len(samples))


def _word_times(
    text: str, events: list[tuple[int, int]], end_sec: float
) -> tuple[list[float], list[float]]:
    """Map word events to the words of ``text``; words spoken as one group share its end."""
    starts: list[float | None] = []
    for match in re.finditer(r"\S+", text):
        inside = [ms for position, ms in events if match.start() <= position < match.end()]
        starts.append(min(inside) / 1000 if inside else None)
    ends: list[float] = []
    following = end_sec
    for start in reversed(starts):
        ends.append(following)
        following = start if start is not None else following
    filled: list[float] = []
    for start in starts:
        filled.append(start if start is not None else (filled[-1] if filled else 0.0))
    return filled, ends[::-1]


def _flite(text: str, voice: Voice) -> Array:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        stretch = f"duration_stretch={170 / voice.speed_wpm:.2f}"
        subprocess.run(
            ["flite", "-voice", voice.name, "--setf", stretch, "-t", text, "-o", str(path)],
            check=True,
        )
        raw = path.read_bytes()
    rate_hz = int.from_bytes(raw[24:28], "little")
    return resample(
        np.frombuffer(raw[44:], dtype="<i2").astype(np.float32) / 32768, rate_hz, RATE_HZ
    )


def speak(text: str, voice: Voice) -> Speech:
    """Speak ``text``; leading and trailing silence is removed and the level set to an RMS of -20 dBFS."""
    events: list[tuple[int, int]] = []
    if voice.engine == "flite":
        samples = _flite(text, voice)
    else:
        raw, events = _espeak().speak(text, voice)
        samples = resample(raw, _espeak().rate_hz, RATE_HZ)
    first, last = _bounds(samples)
    samples = samples[first:last]
    samples = samples * np.float32(0.1 / max(1e-5, float(np.sqrt(np.mean(samples**2)))))
    samples = np.clip(samples, -1, 1)
    starts: list[float] = []
    ends: list[float] = []
    if events:
        starts, ends = _word_times(text, events, last / RATE_HZ)
        offset, limit = first / RATE_HZ, (last - first) / RATE_HZ
        starts = [min(max(0.0, t - offset), limit) for t in starts]
        ends = [min(max(0.0, t - offset), limit) for t in ends]
    return Speech(
        samples=samples.astype(np.float32), word_starts_sec=tuple(starts), word_ends_sec=tuple(ends)
    )
