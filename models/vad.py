"""Silero voice activity detection, run as raw ONNX: one model a process, one detector a track.

The model file comes from the wheel `livekit-plugins-silero`; nothing of LiveKit runs.
"""

from __future__ import annotations

import threading
from importlib import resources

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.base import SAMPLE_RATE, ModelError, Samples

WINDOW_SAMPLES = 512
CONTEXT_SAMPLES = 64
STATE_SHAPE = (2, 1, 128)


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
        self, window: NDArray[np.float32], state: NDArray[np.float32]
    ) -> tuple[float, NDArray[np.float32]]:
        """Return probability and next state; `window` is (1, 576): context, then samples."""
        output, next_state = self._session.run(
            None, {"input": window, "state": state, "sr": self._rate}
        )
        return float(output.item()), next_state

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


class SileroDetector:
    """One track's recurrent state and its 64 samples of context. Not thread-safe."""

    window_samples: int = WINDOW_SAMPLES

    def __init__(self, model: SileroModel) -> None:
        self._model = model
        self._input = np.zeros((1, CONTEXT_SAMPLES + WINDOW_SAMPLES), dtype=np.float32)
        self._state = np.zeros(STATE_SHAPE, dtype=np.float32)
        self._pristine = True

    def probability(self, window: Samples) -> float:
        """Probability of speech in 512 samples; ValueError for any other number of samples."""
        if window.shape != (WINDOW_SAMPLES,):
            raise ValueError(f"a window has {WINDOW_SAMPLES} samples, not shape {window.shape}")
        if not window.any():
            # A muted track sends digital silence: no inference, and the past no longer matters.
            self.reset()
            return 0.0
        self._pristine = False
        self._input[0, :CONTEXT_SAMPLES] = self._input[0, -CONTEXT_SAMPLES:]
        self._input[0, CONTEXT_SAMPLES:] = window
        probability, self._state = self._model.run(self._input, self._state)
        return probability

    def reset(self) -> None:
        """Forget the past: the stream was interrupted."""
        if not self._pristine:
            self._input.fill(0)
            self._state = np.zeros(STATE_SHAPE, dtype=np.float32)
            self._pristine = True
