"""`greffier bench network`: the demo meeting over one network after the other."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from greffier.bench.machine import fingerprint, machine
from greffier.bench.network.conditions import CONDITIONS
from greffier.bench.network.link import weak_link
from greffier.bench.network.play import play
from greffier.bench.network.report import Row, update
from greffier.demo.outcome import write_report
from greffier.errors import CommandError
from greffier.settings import Settings
from greffier.stack import Stack
from models.store.store import resolve


def bench(
    settings: Settings, names: Sequence[str], *, seconds: float, seed: int, out: Path
) -> None:
    """Measure and write the report; networks that are not named keep their rows in it.

    Raises CommandError for an unknown name, ProcessFailed where no link can be made.
    """
    if unknown := [name for name in names if name not in CONDITIONS]:
        raise CommandError(f"no network {', '.join(unknown)}: take some of {', '.join(CONDITIONS)}")
    model = resolve(settings.asr.model, settings.asr.models_folder)
    about = {"model": fingerprint(model), "date": _today(), **machine()}

    def measured(row: Row) -> None:
        # At once: whoever stops the bench keeps what has been measured.
        print(f"{row.network}: in {update(out, [row], about=about)}", flush=True)

    asyncio.run(_measure(settings, names, measured, seconds=seconds, seed=seed))


async def _measure(
    settings: Settings,
    names: Sequence[str],
    measured: Callable[[Row], None],
    *,
    seconds: float,
    seed: int,
) -> None:
    with tempfile.TemporaryDirectory(prefix="greffier-network-") as folder, weak_link() as link:
        stack = Stack(settings, folder=Path(folder), progress=lambda _: None, address=link.address)
        async with stack:
            for name in names:
                about, quality = CONDITIONS[name]
                print(f"{name}: {about} …", flush=True)
                link.begin(quality, seed=seed)
                outcome = await play(stack.addresses, link, room=f"net-{name}", seconds=seconds)
                speakers, total = write_report(outcome, [], Path(folder))
                measured(
                    Row(
                        network=name,
                        about=about,
                        seconds=round(outcome.script.seconds, 1),
                        words=sum(one.words for one in speakers),
                        wer=total["wer"],
                        finals_shown=sum(one.finals_shown for one in speakers),
                        finals_recorded=sum(one.finals_recorded for one in speakers),
                        gaps=sum(one.gaps for one in speakers),
                        joined_s=round(outcome.setup_sec, 1),
                        first_text_p50_s=total["first_text_p50_s"],
                        first_text_p95_s=total["first_text_p95_s"],
                        final_p50_s=total["final_p50_s"],
                        final_p95_s=total["final_p95_s"],
                        packets=link.passed + link.lost,
                        packets_lost=link.lost,
                        seed=seed,
                    )
                )


def _today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")
