"""``python -m assets.recipe``: the demo model and the demo meeting from nothing.

Commands: ``all`` (default), ``corpus``, ``train``, ``convert``, ``self-test``, ``evaluate``, ``meeting``, ``test-set``.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

#: The schedules after the first: (length against the first's, highest rate). Sentences rather than word
#: sequences, no phoneme loss. Each starts from the state before it, and the mean of both goes on: it reads
#: unseen sentences better than either (see the card).
LATER_SCHEDULES = ((0.49, 8e-4), (0.4, 7e-4))
LATER_DRILL_EVERY, LATER_SHARE = 3, 0.6
ASSETS = Path(__file__).resolve().parent.parent
STAGES = ("corpus", "train", "convert", "self-test", "evaluate")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m assets.recipe", description=__doc__)
    parser.add_argument(
        "command", nargs="?", default="all", choices=("all", *STAGES, "meeting", "test-set")
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(".cache/demo-model"),
        help="cache of the corpus and the training state",
    )
    parser.add_argument("--output", type=Path, default=ASSETS / "demo-model")
    parser.add_argument("--clips", type=int, default=32_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--minutes",
        type=float,
        default=86.0,
        help="time of the first schedule; the others follow it",
    )
    parser.add_argument("--batch-sec", type=float, default=80.0, help="seconds of audio a step")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 2)
    parser.add_argument(
        "--sentences", type=int, default=300, help="held-out sentences to evaluate on"
    )
    return parser.parse_args()


def _train(options: argparse.Namespace) -> None:
    from .average import average
    from .train import run

    common: dict[str, Any] = {
        "clips": options.clips,
        "batch_sec": options.batch_sec,
        "threads": options.threads,
    }
    work, mean = options.work, "mean-0.pt"
    run(work, **common, seed=options.seed, minutes=options.minutes, state=mean)
    for number, (share, peak) in enumerate(LATER_SCHEDULES, 1):
        state = f"later-{number}.pt"
        run(
            work,
            **common,
            seed=options.seed + 3 + number,
            minutes=share * options.minutes,
            state=state,
            start=mean,
            peak=peak,
            ctc=False,
            drill_every=LATER_DRILL_EVERY,
        )
        before, mean = mean, f"mean-{number}.pt"
        average(work / before, work / state, LATER_SHARE, work / mean)


def main() -> None:
    """Run one stage, or all of them; a stage that is done, or half done, goes on from its cache."""
    options = _parse()
    stages = STAGES if options.command == "all" else (options.command,)
    # Heavy imports wait for their stage, so that `meeting` needs no torch.
    if "meeting" in stages:
        from .meeting import build as build_meeting

        build_meeting()
    if "test-set" in stages:
        from .test_set import build as build_test_set

        build_test_set()
    if "corpus" in stages:
        from .corpus import build as build_corpus

        build_corpus(options.work / "corpus", options.clips, options.seed, options.threads)
    if "train" in stages:
        _train(options)
    if "convert" in stages:
        from .convert import convert

        convert(
            options.work / f"mean-{len(LATER_SCHEDULES)}.pt",
            options.work / "tokenizer.json",
            options.output,
        )
    if "self-test" in stages:
        from .self_test import write as write_self_test

        print(write_self_test(options.output, threads=options.threads))
    if "evaluate" in stages:
        from .evaluate import evaluate

        figures = evaluate(options.output, options.sentences, options.threads)
        text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
        (options.work / "figures.json").write_text(text, encoding="utf-8")
        print(text)


if __name__ == "__main__":
    main()
