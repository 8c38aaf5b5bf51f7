"""The weighted mean of two training states: between two weights of one descent lies a better one than either."""

from __future__ import annotations

from pathlib import Path

import torch


def average(first: Path, second: Path, share: float, output: Path) -> None:
    """Write to ``output`` the state of ``first`` with ``share`` (0 to 1) of the weights of ``second``.

    Both must have been trained on the same vocabulary, as a fine-tuning run is.
    """
    state, other = torch.load(first), torch.load(second)
    if (state["used"], state["inventory"]) != (other["used"], other["inventory"]):
        raise ValueError(f"{first} and {second} have different vocabularies: train them again")
    state["master"] = torch.lerp(state["master"], other["master"], share)
    partial = output.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(output)
