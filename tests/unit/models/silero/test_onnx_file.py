from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.silero.onnx_file import Node, _number, _varint, read_constants, write_model
from tests.unit.models.silero.test_network import PUBLISHED


def test_a_written_graph_runs() -> None:
    """Constants of both kinds, an attribute, several outputs, any batch."""
    model = write_model(
        [
            Node(operation="Split", inputs=["x"], outputs=["a", "b"], attributes={"axis": 1}),
            Node(operation="Add", inputs=["a", "one"], outputs=["sum"], attributes={}),
            Node(operation="Reshape", inputs=["b", "row"], outputs=["flat"], attributes={}),
        ],
        {"one": np.array([1.0, 300.0], np.float32), "row": np.array([-1])},
        inputs={"x": (4,)},
        outputs={"sum": (2,), "flat": ()},
    )
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    total, flat = session.run(None, {"x": x})
    assert total.tolist() == [[1, 301], [5, 305], [9, 309]]
    assert flat.tolist() == [2, 3, 6, 7, 10, 11]


def test_constants_are_read_by_their_names() -> None:
    """Of the branch that is asked for, and of no other."""
    constants = read_constants(PUBLISHED, branch="then_branch")
    assert constants["stft.forward_basis_buffer"].shape == (258, 1, 256)
    assert constants["decoder.decoder.2.bias"].shape == (1,)
    narrow = read_constants(PUBLISHED, branch="else_branch")
    assert narrow["stft.forward_basis_buffer"].shape == (130, 1, 128)
    assert read_constants(PUBLISHED, branch="none") == {}


@pytest.mark.parametrize("damaged", [PUBLISHED[:100_000], b"\x0f", b"\xff" * 20])
def test_a_damaged_file_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="ONNX"):
        read_constants(damaged, branch="then_branch")


@given(st.integers(0, 2**63))
def test_whole_numbers_are_read_as_written(value: int) -> None:
    written = _number(value)
    assert _varint(written, 0) == (value, len(written))
