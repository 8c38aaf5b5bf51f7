"""Echo over the whole demo meeting, for benchmarks/captions/echo.md; a tool, no test.

`python -m tests.unit.pipelines.echo.echo_figures -12 -18 -24,0.45,1200`: a level in dB,
and, if not as in the tests, the delay in seconds and by how many samples the room fades to a third.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from time import process_time

import structlog

from models.base import SAMPLE_RATE
from tests.unit.demo_model import demo_model
from tests.unit.pipelines.echo.leaky_meeting import SCRIPT, leaky, outside_own_turns, play, tracks


async def figures(leaks: list[tuple[float, float, int]]) -> None:
    """One row a level: sentences said, finals, finals of who did not speak then, CPU time.

    Then those finals themselves, and the sentences during which their speaker has no final.
    """
    end_sec = max(turn["end_sec"] for turn in SCRIPT) + 2
    sent = tracks(0, end_sec)
    with demo_model() as model:
        for level_db, delay_sec, fade_samples in leaks:
            began = process_time()
            sinks = await play(model, leaky(sent, level_db, delay_sec, fade_samples))
            spent = process_time() - began
            outside = outside_own_turns(sinks, 0)
            lost = [
                turn
                for turn in SCRIPT
                if not any(
                    turn["start_sec"] < final.end_ms / 1000 - 0.1
                    and turn["end_sec"] > final.start_ms / 1000 + 0.1
                    for final in sinks[turn["identity"]].finals
                )
            ]
            finals = sum(len(sink.finals) for sink in sinks.values())
            sys.stdout.write(
                f"| {level_db:g} dB | {delay_sec:g} s | {fade_samples / SAMPLE_RATE * 6.9:.2f} s"
                f" | {len(SCRIPT)} | {finals} | {len(outside)} | {len(lost)} |"
                f" {spent:.0f} s |\n"
            )
            for final in outside:
                sys.stdout.write(
                    f"  outside: {final.speaker.identity} {final.start_ms} ms: {final.text}\n"
                )
            for turn in lost:
                sys.stdout.write(
                    f"  lost: {turn['identity']} {turn['start_sec']:.1f} s: {turn['text']}\n"
                )


def leak(written: str) -> tuple[float, float, int]:
    """Level, delay and fading from what is written."""
    level_db, delay_sec, fade_samples = (*written.split(","), *("", "")[written.count(",") :])
    return float(level_db), float(delay_sec or 0.18), int(fade_samples or 400)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(figures([leak(one) for one in sys.argv[1:] or ["-12", "-18", "-24"]]))
