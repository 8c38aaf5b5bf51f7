"""Silero's network as a few large matrix products over all tracks at once.

The published graph convolves four frames a track at a time, in products far too small to be fast,
and asks itself at each turn what the sampling rate and the shapes are: 47 µs a window in batches
of 64. This one, of the same weights, takes 14, and a window's answer is the same to the last bit
whatever batch it is in; the published graph's is less than a ten-thousandth away.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.silero.onnx_file import Array, Node, read_constants, write_model

FRAMES = 4
FRAME_SAMPLES = 256
HOP_SAMPLES = 128
BINS = FRAME_SAMPLES // 2 + 1
CELLS = 128
TAPS = 3

Weights = Mapping[str, NDArray[np.float32]]


def network(published: bytes) -> bytes:
    """Make the ONNX file of it from the published one's weights for 16 kHz.

    Input `frames` (n, 4, 256): of each track four overlapping frames; `state` (n, 256), zeros at
    first. Output `probability` (n, 1) and `next_state` (n, 256). Raises KeyError, ValueError for
    weights of another version.
    """
    graph = _Graph(read_constants(published, branch="then_branch"))
    graph.spectrum()
    graph.encoder()
    graph.recurrence()
    graph.decoder()
    return write_model(
        graph.nodes,
        graph.constants,
        inputs={"frames": (FRAMES, FRAME_SAMPLES), "state": (2 * CELLS,)},
        outputs={"probability": (1,), "next_state": (2 * CELLS,)},
    )


class _Graph:
    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}

    def spectrum(self) -> None:
        """Frames to `magnitudes` (n, 4 * 129)."""
        basis = self._weights["stft.forward_basis_buffer"][:, 0]
        for part, rows in (("real", basis[:BINS]), ("imaginary", basis[BINS:])):
            self._add("MatMul", ["frames", self._constant(f"{part}_basis", rows.T)], part)
            self._add("Mul", [part, part], f"{part}_power")
        self._add("Add", ["real_power", "imaginary_power"], "power")
        self._add("Sqrt", ["power"], "magnitude")
        self._add("Flatten", ["magnitude"], "magnitudes", axis=1)

    def encoder(self) -> None:
        """Four convolutions over time, three frames wide, to `encoded` (n, 128)."""
        weight = self._weights["encoder.0.reparam_conv.weight"]
        beside = self._constant("beside", np.array([0, BINS, 0, BINS]))
        self._add("Pad", ["magnitudes", beside], "padded")
        axis = self._constant("axis", np.array([1]))
        around = []
        for frame in range(FRAMES):
            begin = self._constant(f"begin_{frame}", np.array([frame * BINS]))
            end = self._constant(f"end_{frame}", np.array([(frame + TAPS) * BINS]))
            around.append(self._add("Slice", ["padded", begin, end, axis], f"around_{frame}"))
        self._add("Concat", around, "all_around", axis=1)
        rows = self._constant("rows", np.array([-1, TAPS * BINS]))
        self._add("Reshape", ["all_around", rows], "by_frame")
        of_frame = weight.transpose(2, 1, 0).reshape(TAPS * BINS, -1)
        self._layer(0, "by_frame", of_frame)
        whole = self._constant("whole", np.array([-1, FRAMES * weight.shape[0]]))
        self._add("Reshape", ["encoded_0", whole], "frames_0")
        self._layer(1, "frames_0", self._strided(1, frames=FRAMES))
        self._layer(2, "encoded_1", self._strided(2, frames=FRAMES // 2))
        # One frame is left: its neighbours are padding.
        self._layer(3, "encoded_2", self._weights["encoder.3.reparam_conv.weight"][:, :, 1].T)

    def _strided(self, number: int, *, frames: int) -> Array:
        """A convolution that halves the frames as one matrix, from all of them to all."""
        weight = self._weights[f"encoder.{number}.reparam_conv.weight"]
        made, heard, _ = weight.shape
        matrix = np.zeros((frames, heard, frames // 2, made), dtype=np.float32)
        for target in range(frames // 2):
            for tap in range(TAPS):
                if 0 <= (source := 2 * target + tap - 1) < frames:
                    matrix[source, :, target] = weight[:, :, tap].T
        return matrix.reshape(frames * heard, -1)

    def _layer(self, number: int, heard: str, matrix: Array) -> None:
        bias = self._weights[f"encoder.{number}.reparam_conv.bias"]
        bias = np.tile(bias, matrix.shape[1] // len(bias))
        self._affine(heard, matrix, bias, f"layer_{number}")
        self._add("Relu", [f"layer_{number}"], f"encoded_{number}")

    def recurrence(self) -> None:
        """One step of the LSTM, from `state`, its hidden and its cell half, to `next_state`."""
        weight = np.concatenate(
            [self._weights["decoder.rnn.weight_ih"].T, self._weights["decoder.rnn.weight_hh"].T]
        )
        bias = self._weights["decoder.rnn.bias_ih"] + self._weights["decoder.rnn.bias_hh"]
        self._split("state", "hidden", "cell")
        self._add("Concat", ["encoded_3", "hidden"], "heard", axis=1)
        # In the weights' order: input, forget, cell, output.
        rows = np.split(np.arange(4 * CELLS), 4)
        gates = np.concatenate([rows[0], rows[1], rows[3]])
        self._affine("heard", weight[:, gates], bias[gates], "gates")
        self._affine("heard", weight[:, rows[2]], bias[rows[2]], "candidate")
        self._add("Sigmoid", ["gates"], "open_gates")
        self._split("open_gates", "input_gate", "forget_gate", "output_gate")
        self._add("Tanh", ["candidate"], "new")
        self._add("Mul", ["input_gate", "new"], "taken")
        self._add("Mul", ["forget_gate", "cell"], "kept")
        self._add("Add", ["taken", "kept"], "next_cell")
        self._add("Tanh", ["next_cell"], "shown")
        self._add("Mul", ["output_gate", "shown"], "next_hidden")
        self._add("Concat", ["next_hidden", "next_cell"], "next_state", axis=1)

    def decoder(self) -> None:
        """The new hidden state to `probability`."""
        weight, bias = (self._weights[f"decoder.decoder.2.{part}"] for part in ("weight", "bias"))
        self._add("Relu", ["next_hidden"], "positive")
        self._affine("positive", weight[0], bias, "score")
        self._add("Sigmoid", ["score"], "probability")

    def _affine(self, heard: str, matrix: Array, bias: Array, result: str) -> None:
        weight = self._constant(f"{result}_weight", matrix)
        self._add("Gemm", [heard, weight, self._constant(f"{result}_bias", bias)], result)

    def _split(self, whole: str, *parts: str) -> None:
        node = Node(operation="Split", inputs=[whole], outputs=parts, attributes={"axis": 1})
        self.nodes.append(node)

    def _add(self, operation: str, inputs: list[str], result: str, **attributes: int) -> str:
        self.nodes.append(
            Node(operation=operation, inputs=inputs, outputs=[result], attributes=attributes)
        )
        return result

    def _constant(self, name: str, value: Array) -> str:
        self.constants[name] = value
        return name
