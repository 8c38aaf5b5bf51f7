"""`greffier doctor`: looks at every part that the settings name; a line each, with the mend."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiosmtplib
import httpx
from livekit import api
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.engine import make_url

from greffier.errors import EXPECTED
from greffier.settings import Settings
from models.asr_address import Address, parse_addresses
from models.settings import AsrSettings
from storage.database import open_engine

_console = Console(highlight=False, soft_wrap=True)
_PATIENCE_SEC = 10.0
_DISK_PATIENCE_SEC = 300.0
"""For the model: gigabytes are read, loaded and hashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found at one part. `well` None: not configured, which is allowed."""

    part: str
    well: bool | None
    words: str


def examine(settings: Settings) -> bool:
    """Print a line for each part; True if nothing is broken."""
    findings = asyncio.run(findings_of(settings))
    for one in findings:
        mark = {True: "[green]ok  [/]", False: "[bold red]bad [/]", None: "[dim]none[/]"}[one.well]
        _console.print(f"{mark} {one.part:10}", end="")
        _console.print(one.words, markup=False)
    return all(one.well is not False for one in findings)


async def findings_of(settings: Settings) -> list[Finding]:
    """All parts, looked at together."""
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[Finding]]], ...] = (
        ("model", _model),
        ("asr", _asr),
        ("livekit", _livekit),
        ("database", _database),
        ("results", _results),
        ("mail", _mail),
        ("llm", _llm),
    )
    return list(await asyncio.gather(*(_bounded(part, check(settings)) for part, check in checks)))


async def _bounded(part: str, check: Awaitable[Finding]) -> Finding:
    patience = _DISK_PATIENCE_SEC if part == "model" else _PATIENCE_SEC
    try:
        return await asyncio.wait_for(check, patience)
    except TimeoutError:
        words = f"no answer within {patience:.0f} s: is the address right, is it started?"
        return Finding(part=part, well=False, words=words)


async def _model(settings: Settings) -> Finding:
    try:
        folder, verified = await asyncio.to_thread(_load_model, settings.asr)
    except EXPECTED as error:
        return Finding(part="model", well=False, words=str(error))
    demo = folder.name == "demo-model"
    note = " (the demo model: for demonstrations only, see README, “Real models”)" if demo else ""
    note = ", every byte as it was pulled" if verified else note
    return Finding(part="model", well=True, words=f"{folder}{note}")


def _load_model(asr: AsrSettings) -> tuple[Path, bool]:
    """The model's folder, and whether it has hashes, which are then right."""
    from models.manifest import read, verify  # noqa: PLC0415
    from models.model_store import resolve  # noqa: PLC0415
    from models.whisper import WhisperModel  # noqa: PLC0415 - loads CTranslate2

    folder = resolve(asr.model, asr.models_folder)
    WhisperModel.load(folder, device=asr.device, compute_type=asr.compute_type)
    if manifest := read(folder):
        verify(folder, manifest)
    return folder, manifest is not None


async def _asr(settings: Settings) -> Finding:
    addresses = parse_addresses(settings.asr.url)
    found = await asyncio.gather(*(_asr_process(address) for address in addresses))
    bad = [one for one in found if not one.well]
    return Finding(part="asr", well=not bad, words="; ".join(one.words for one in bad or found))


async def _asr_process(address: Address) -> Finding:
    uds = None if address.path is None else str(address.path)
    transport = httpx.AsyncHTTPTransport(uds=uds) if uds else None
    try:
        async with httpx.AsyncClient(transport=transport, timeout=5) as client:
            answer = await client.get(f"{address.base_url}/health")
    except httpx.TransportError:
        words = (
            f"nobody answers at {address}: start it with `greffier asr`, or set GREFFIER_ASR__URL"
        )
        return Finding(part="asr", well=False, words=words)
    if not answer.is_success:
        words = f"{address} answers {answer.status_code}: its self-test has not passed; see its log"
        return Finding(part="asr", well=False, words=words)
    if answer.json().get("status") == "degraded":
        words = (
            f"{address} ran out of memory and serves the fallback model: set a lower asr.max_batch"
        )
        return Finding(part="asr", well=False, words=words)
    return Finding(part="asr", well=True, words=f"{address}, self-test passed")


async def _livekit(settings: Settings) -> Finding:
    part, url = "livekit", settings.livekit.url
    secret = settings.livekit.api_secret.get_secret_value()
    if not settings.livekit.api_key or not secret:
        words = "no keys: set LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or use `greffier up`"
        return Finding(part=part, well=False, words=words)
    try:
        async with api.LiveKitAPI(url, settings.livekit.api_key, secret) as client:
            rooms = await client.room.list_rooms(api.ListRoomsRequest())
    except api.TwirpError as error:
        words = f"{url} refuses the keys ({error.code}): check LIVEKIT_API_KEY and its secret"
        return Finding(part=part, well=False, words=words)
    except OSError as error:
        words = f"{url} can't be reached ({type(error).__name__}): check LIVEKIT_URL"
        return Finding(part=part, well=False, words=words)
    return Finding(part=part, well=True, words=f"{url}, {len(rooms.rooms)} rooms open")


async def _database(settings: Settings) -> Finding:
    shown = make_url(settings.storage.database_url).render_as_string(hide_password=True)
    try:
        engine = open_engine(settings.storage.database_url)
        try:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        finally:
            await engine.dispose()
    except Exception as error:  # noqa: BLE001 - drivers raise their own kinds; each means the same
        words = f"{shown}: {type(error).__name__}; check GREFFIER_STORAGE__DATABASE_URL"
        return Finding(part="database", well=False, words=words)
    return Finding(part="database", well=True, words=shown)


async def _results(settings: Settings) -> Finding:
    folder = settings.storage.results.absolute()
    place = next(one for one in (folder, *folder.parents) if one.exists())
    if place.is_dir() and await asyncio.to_thread(os.access, place, os.W_OK):
        return Finding(part="results", well=True, words=str(folder))
    words = f"{folder} can't be written: mend its rights, or set GREFFIER_STORAGE__RESULTS"
    return Finding(part="results", well=False, words=words)


async def _mail(settings: Settings) -> Finding:
    mail = settings.mail
    if not mail.host:
        words = "no GREFFIER_MAIL__HOST: minutes are not e-mailed"
        return Finding(part="mail", well=None, words=words)
    client = aiosmtplib.SMTP(
        hostname=mail.host,
        port=mail.port,
        use_tls=mail.tls == "tls",
        start_tls={"none": False, "starttls": True}.get(mail.tls),
        timeout=5,
    )
    try:
        await client.connect()
        await client.quit()
    except (aiosmtplib.SMTPException, OSError) as error:
        words = f"{mail.host}:{mail.port}: {error}; check GREFFIER_MAIL__HOST, __PORT and __TLS"
        return Finding(part="mail", well=False, words=words)
    return Finding(part="mail", well=True, words=f"{mail.host}:{mail.port}")


async def _llm(settings: Settings) -> Finding:
    llm = settings.llm
    if not llm.url:
        words = "no GREFFIER_LLM__URL: minutes are an extract, not a summary"
        return Finding(part="llm", well=None, words=words)
    try:
        async with httpx.AsyncClient(timeout=5) as client:
            headers = {"Authorization": f"Bearer {llm.api_key}"} if llm.api_key else {}
            answer = (await client.get(f"{llm.url}/models", headers=headers)).raise_for_status()
            known = [one["id"] for one in answer.json()["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        words = f"{llm.url}/models: {type(error).__name__}; check GREFFIER_LLM__URL and __API_KEY"
        return Finding(part="llm", well=False, words=words)
    if llm.model not in known:
        words = f"{llm.url} has no model {llm.model!r}; GREFFIER_LLM__MODEL: {', '.join(known)}"
        return Finding(part="llm", well=False, words=words)
    return Finding(part="llm", well=True, words=f"{llm.url}, {llm.model}")
