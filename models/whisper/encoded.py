"""What the encoder gave out for a batch, some rows of it at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import ctranslate2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some items of what the encoder gave out: at least those that were asked for."""

    view: Any
    rows: Sequence[int]
    memory: NDArray[np.float32] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, encoded: Any, rows: Sequence[int]) -> Self:
        """Those rows where they can be cut out, else all of them."""
        count = encoded.shape[0]
        floats = encoded.dtype == ctranslate2.DataType.float32
        if len(rows) == count or encoded.device != "cpu" or not floats:
            # Nothing outside the GPU can cut this; there a needless item costs little.
            return cls(view=encoded, rows=range(count))
        memory = np.asarray(encoded)[list(rows)]
        return cls(view=ctranslate2.StorageView.from_array(memory), rows=rows, memory=memory)


def groups(rows: Sequence[int], most: int) -> list[Sequence[int]]:
    """The rows in groups of `most` at most."""
    return [rows[first : first + most] for first in range(0, len(rows), most)]
