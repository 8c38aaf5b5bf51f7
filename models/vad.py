"""Silero voice activity detection, run as raw ONNX: one model a process, one detector a track.

The model file comes from the wheel `livekit-plugins-silero`; nothing of LiveKit runs. Windows of
many tracks go through one run: a third of the cost each, and the same to the last bit.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import resources

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.base import SAMPLE_RATE, Asked, ModelError, Samples

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
STATE_SHAPE = (2, 1, 128)
SILENCE = 8.5 / 32768
"""What stays below, everywhere in a window, is silence (peaks of -72 dB).

Not zero: a microphone's digital silence comes out of Opus as samples of -1, 0 and 1.
"""
SETTLED_WINDOWS = 32
"""A second of silence, after which the state no longer changes: more of it need not be run.

Forgetting the past instead costs speech: from a new state the network takes up to a second to
believe somebody at -30 dB.
"""


class SileroModel:
    """The network itself, without state: shared by all tracks of a process.

    Raises ModelError when the model file is missing or can't be loaded.
    """

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        # A window takes 0.1 ms: more threads, or threads that spin, only burn the meeting's cores.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        try:
            file = resources.files("livekit.plugins.silero.resources") / "silero_vad.onnx"
            self._session = onnxruntime.InferenceSession(
                file.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelError(
                "the Silero voice detector can't be loaded; reinstall livekit-plugins-silero"
                f" ({type(error).__name__})"
            ) from error
        self._rate = np.array(SAMPLE_RATE, dtype=np.int64)

    def run(
        self, windows: NDArray[np.float32], states: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return probabilities (n,) and next states (2, n, 128) of n tracks.

        `windows` is (n, 576): of each track its context, then its samples.
        """
        output, next_states = self._session.run(
            None, {"input": windows, "state": states, "sr": self._rate}
        )
        return output[:, 0], next_states

    def probabilities(self, asked: Sequence[Asked]) -> list[float]:
        """Probability of each window, in one run. The detectors are this model's, each once."""
        heard: dict[int, SileroDetector] = {}
        for number, (detector, window) in enumerate(asked):
            assert isinstance(detector, SileroDetector)
            if detector.take(window):
                heard[number] = detector
        answers = [0.0] * len(asked)
        if heard:
            probabilities, states = self.run(
                np.concatenate([one.input for one in heard.values()]),
                np.concatenate([one.state for one in heard.values()], axis=1),
            )
            for row, (number, detector) in enumerate(heard.items()):
                detector.state = states[:, row : row + 1].copy()
                answers[number] = float(probabilities[row])
        return answers

    def detector(self) -> SileroDetector:
        """Return a new detector for one track."""
        return SileroDetector(self)


_shared: SileroModel | None = None
_lock = threading.Lock()


def shared_model() -> SileroModel:
    """Return the process's one model, loading it on the first call."""
    global _shared  # noqa: PLW0603  loading takes 50 ms and 10 MB; once is enough
    with _lock:
        if _shared is None:
            _shared = SileroModel()
        return _shared


_NO_INPUT = np.zeros((1, CONTEXT_SAMPLES + WINDOW_SAMPLES), dtype=np.float32)
_NO_STATE = np.zeros(STATE_SHAPE, dtype=np.float32)
_NO_INPUT.flags.writeable = _NO_STATE.flags.writeable = False


class SileroDetector:
    """One track's recurrent state (2, 1, 128) and its input (1, 576), of which 64 are context.

    Not thread-safe.
    """

    window_samples: int = WINDOW_SAMPLES

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self.input, self.state = _NO_INPUT, _NO_STATE
        self._silent = 0

    def probability(self, window: Samples) -> float:
        """Probability of speech in 512 samples; ValueError for any other number of samples."""
        return self._model.probabilities([(self, window)])[0]

    def take(self, window: Samples) -> bool:
        """Make `window` the input of the next run; False when there is nothing to hear in it."""
        if window.shape != (WINDOW_SAMPLES,):
            raise ValueError(f"a window has {WINDOW_SAMPLES} samples, not shape {window.shape}")
        silent = max(window.max(), -window.min()) < SILENCE
        self._silent = self._silent + 1 if silent else 0
        if self._silent > SETTLED_WINDOWS:
            return False
        if self.input is _NO_INPUT:
            self.input = np.zeros_like(_NO_INPUT)
        self.input[0, :CONTEXT_SAMPLES] = self.input[0, -CONTEXT_SAMPLES:]
        self.input[0, CONTEXT_SAMPLES:] = window
        return True

    def reset(self) -> None:
        """Forget the past: the stream was interrupted. Nothing is held then."""
        self.input, self.state = _NO_INPUT, _NO_STATE
        self._silent = 0
