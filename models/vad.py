"""Silero voice activity detection: one model a process, one detector a track.

The weights come from the wheel `livekit-plugins-silero`; nothing of LiveKit runs. Windows of many
tracks go through one run (`models.silero.network`): a tenth of the cost each, and the same to the
last bit.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import resources

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.base import Asked, ModelError, Samples
from models.silero.network import CELLS, FRAME_SAMPLES, FRAMES, HOP_SAMPLES, network

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
PADDED_SAMPLES = HOP_SAMPLES * (FRAMES - 1) + FRAME_SAMPLES
"""Context, window, and the window's end mirrored."""
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
                network(file.read_bytes()),
                sess_options=options,
                providers=["CPUExecutionProvider"],
            )
        except Exception as error:
            raise ModelError(
                "the Silero voice detector can't be loaded; reinstall livekit-plugins-silero"
                f" ({type(error).__name__})"
            ) from error

    def run(
        self, windows: NDArray[np.float32], states: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return probabilities (n,) and next states (n, 256) of n tracks.

        `windows` is (n, 640), of which the first 576 count: of each track its context, then its
        samples. The rest is overwritten.
        """
        heard = CONTEXT_SAMPLES + WINDOW_SAMPLES
        windows[:, heard:] = windows[:, heard - 2 : 2 * heard - PADDED_SAMPLES - 2 : -1]
        frames = np.empty((len(windows), FRAMES, FRAME_SAMPLES), dtype=np.float32)
        for number in range(FRAMES):
            begin = number * HOP_SAMPLES
            frames[:, number] = windows[:, begin : begin + FRAME_SAMPLES]
        output, next_states = self._session.run(None, {"frames": frames, "state": states})
        return output[:, 0], next_states

    def probabilities(self, asked: Sequence[Asked]) -> list[float]:
        """Probability of each window, in one run. The detectors are this model's, each once."""
        windows = _together([window for _, window in asked])
        peaks = np.maximum(windows.max(axis=1), -windows.min(axis=1))
        heard: dict[int, SileroDetector] = {}
        for number, silent in enumerate((peaks < SILENCE).tolist()):
            detector = asked[number][0]
            assert isinstance(detector, SileroDetector)
            if detector.hears(silent=silent):
                heard[number] = detector
        answers = [0.0] * len(asked)
        if not heard:
            return answers
        padded = np.empty((len(heard), PADDED_SAMPLES), dtype=np.float32)
        padded[:, :CONTEXT_SAMPLES] = [one.context for one in heard.values()]
        padded[:, CONTEXT_SAMPLES : CONTEXT_SAMPLES + WINDOW_SAMPLES] = (
            windows if len(heard) == len(asked) else windows[list(heard)]
        )
        states = np.array([one.state for one in heard.values()])
        probabilities, states = self.run(padded, states)
        context = padded[:, WINDOW_SAMPLES : CONTEXT_SAMPLES + WINDOW_SAMPLES]
        found = probabilities.tolist()
        for row, (number, detector) in enumerate(heard.items()):
            # Copies: a track that falls silent must not keep the whole batch.
            detector.state, detector.context = states[row].copy(), context[row].copy()
            answers[number] = found[row]
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


_NO_CONTEXT = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)
_NO_STATE = np.zeros(2 * CELLS, dtype=np.float32)
_NO_CONTEXT.flags.writeable = _NO_STATE.flags.writeable = False


def _together(windows: Sequence[Samples]) -> NDArray[np.float32]:
    for window in windows:
        if window.shape != (WINDOW_SAMPLES,):
            raise ValueError(f"a window has {WINDOW_SAMPLES} samples, not shape {window.shape}")
    return np.array(windows, dtype=np.float32).reshape(-1, WINDOW_SAMPLES)


class SileroDetector:
    """One track's recurrent state (256,), and the last samples of its last window. Not thread-safe.

    Both are read-only, or this track's own.
    """

    window_samples: int = WINDOW_SAMPLES

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self.context, self.state = _NO_CONTEXT, _NO_STATE
        self._silent = 0

    def probability(self, window: Samples) -> float:
        """Probability of speech in 512 samples; ValueError for any other number of samples."""
        return self._model.probabilities([(self, window)])[0]

    def hears(self, *, silent: bool) -> bool:
        """Whether the next window is to be run; not when silence has lasted."""
        self._silent = self._silent + 1 if silent else 0
        return self._silent <= SETTLED_WINDOWS

    def reset(self) -> None:
        """Forget the past: the stream was interrupted. Nothing is held then."""
        self.context, self.state = _NO_CONTEXT, _NO_STATE
        self._silent = 0
