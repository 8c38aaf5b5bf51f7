"""As much of ONNX's file format as a small network needs: its constants read, a new graph written.

The format is Protocol Buffers (onnx.proto3); the numbers below are its field numbers. The `onnx`
package would be 17 MB for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64 = 1, 7
IR_VERSION, OPSET = 8, 17
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operation: the names of what it takes and gives, and its whole-number attributes."""

    operation: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, int]


def read_constants(model: bytes, *, branch: str) -> dict[str, NDArray[np.float32]]:
    """Return the float constants in that branch of the model's conditions, by name.

    Of a name, what an inlining exporter put before the last `__` is left out. Raises ValueError
    for what is no such file.
    """
    constants: dict[str, NDArray[np.float32]] = {}
    for node in _each(_one(model, 7), 1):
        if _one(node, 4) != b"If":
            continue
        for attribute in _each(node, 5):
            if _one(attribute, 1) == branch.encode():
                constants |= _constants(_one(attribute, 6))
    return constants


def _constants(graph: bytes) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for node in _each(graph, 1):
        if _one(node, 4) != b"Constant":
            continue
        tensor = _one(_one(node, 5), 5)
        fields = list(_fields(tensor))
        if (2, FLOAT) in fields:
            shape = [value for number, value in fields if number == 1 and isinstance(value, int)]
            data = np.frombuffer(_one(tensor, 9), dtype="<f4").reshape(shape)
            yield _one(node, 2).decode().rpartition("__")[2], data


def _each(message: bytes, number: int) -> Iterator[bytes]:
    return (v for n, v in _fields(message) if n == number and isinstance(v, bytes))


def _one(message: bytes, number: int) -> bytes:
    return next(_each(message, number), b"")


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("this is no ONNX file")
        if at + length > len(message):
            raise ValueError("this ONNX file ends too early")
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("this ONNX file ends too early")


def write_model(
    nodes: Sequence[Node],
    constants: Mapping[str, Array],
    *,
    inputs: Mapping[str, Sequence[int]],
    outputs: Mapping[str, Sequence[int]],
) -> bytes:
    """Return the file of a graph. Inputs and outputs: float, their shapes without the batch."""
    graph = b"".join(
        [
            *(_field(1, _node(node)) for node in nodes),
            _field(2, b"graph"),
            *(_field(5, _tensor(name, value)) for name, value in constants.items()),
            *(_field(11, _value(name, shape)) for name, shape in inputs.items()),
            *(_field(12, _value(name, shape)) for name, shape in outputs.items()),
        ]
    )
    opset = _field(1, b"") + _field(2, OPSET)
    return _field(1, IR_VERSION) + _field(7, graph) + _field(8, opset)


def _node(node: Node) -> bytes:
    parts = [_field(1, name.encode()) for name in node.inputs]
    parts += [_field(2, name.encode()) for name in node.outputs]
    parts.append(_field(4, node.operation.encode()))
    for name, value in node.attributes.items():
        whole_number = 2
        attribute = _field(1, name.encode()) + _field(3, value) + _field(20, whole_number)
        parts.append(_field(5, attribute))
    return b"".join(parts)


def _tensor(name: str, value: Array) -> bytes:
    kind = INT64 if value.dtype == np.int64 else FLOAT
    data = np.ascontiguousarray(value, dtype="<i8" if kind == INT64 else "<f4").tobytes()
    shape = b"".join(_field(1, length) for length in value.shape)
    return shape + _field(2, kind) + _field(8, name.encode()) + _field(9, data)


def _value(name: str, shape: Sequence[int]) -> bytes:
    lengths = [_field(2, b"batch"), *(_field(1, length) for length in shape)]
    tensor = _field(1, FLOAT) + _field(2, b"".join(_field(1, length) for length in lengths))
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3 | _VARINT) + _number(value)
    return _number(number << 3 | _BYTES) + _number(len(value)) + value


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
