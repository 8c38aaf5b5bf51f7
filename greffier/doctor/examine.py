"""All parts, looked at together; what is still awaited is shown meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from rich.console import Console

from greffier.doctor.finding import Check, Finding
from greffier.doctor.mail import check_mail
from greffier.doctor.model import check_model
from greffier.doctor.ports import check_ports
from greffier.doctor.services import check_asr, check_livekit, check_llm
from greffier.doctor.stores import check_database, check_jobs, check_results
from greffier.settings import Settings

CHECKS: Mapping[str, Check] = {
    "model": check_model,
    "asr": check_asr,
    "livekit": check_livekit,
    "database": check_database,
    "jobs": check_jobs,
    "results": check_results,
    "mail": check_mail,
    "llm": check_llm,
    "ports": check_ports,
}
PATIENCE_SEC = 15.0
MODEL_PATIENCE_SEC = 300.0
"""Gigabytes are read, loaded and hashed."""

_console = Console(highlight=False, soft_wrap=True)


def examine(settings: Settings) -> bool:
    """Print a line for each part; True if nothing is broken."""
    with _console.status("") as status:
        findings = asyncio.run(
            findings_of(settings, lambda names: status.update(f"Looking at {', '.join(names)}…"))
        )
    for one in findings:
        mark = {True: "[green]ok  [/]", False: "[bold red]bad [/]", None: "[dim]none[/]"}[one.well]
        _console.print(f"{mark} {one.part:10}", end="")
        _console.print(one.words, markup=False)
    return all(one.well is not False for one in findings)


async def findings_of(
    settings: Settings, awaited: Callable[[list[str]], None] = lambda _: None
) -> list[Finding]:
    """What was found, in a fixed order. `awaited` is told the parts that are not done yet."""
    left = list(CHECKS)

    async def look(part: str, check: Check) -> Finding:
        found = await _bounded(part, check, settings)
        left.remove(part)
        awaited(left)
        return found

    awaited(left)
    return list(await asyncio.gather(*(look(part, check) for part, check in CHECKS.items())))


async def _bounded(part: str, check: Check, settings: Settings) -> Finding:
    patience_sec = MODEL_PATIENCE_SEC if part == "model" else PATIENCE_SEC
    try:
        return await asyncio.wait_for(check(settings), patience_sec)
    except TimeoutError:
        words = f"no answer within {patience_sec:.0f} s: is the address right, is it started?"
        return Finding(part=part, well=False, words=words)
