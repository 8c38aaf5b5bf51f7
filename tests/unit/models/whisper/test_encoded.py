from __future__ import annotations

import ctranslate2
import numpy as np

from models.whisper.encoded import Rows, groups


def test_rows_are_cut_out_on_a_cpu() -> None:
    """What is searched again costs no more than its items; all of them are taken as they are."""
    memory = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    encoded = ctranslate2.StorageView.from_array(memory)
    some = Rows.of(encoded, [1, 3])
    assert list(some.rows) == [1, 3]
    np.testing.assert_array_equal(np.asarray(some.view), memory[[1, 3]])
    assert Rows.of(encoded, [0, 1, 2, 3]).view is encoded


def test_groups_keep_the_order() -> None:
    assert groups([4, 7, 8, 9, 12], 2) == [[4, 7], [8, 9], [12]]
    assert groups([], 2) == []
