"""The servers that are asked over HTTP: recognition, LiveKit, the LLM."""

from __future__ import annotations

import asyncio

import httpx

from agent.errors import WorkerError
from agent.livekit_check import check_livekit as ask_livekit
from greffier.doctor.finding import Finding
from greffier.errors import EXPECTED
from greffier.settings import Settings
from models.wire.address import Address, parse_addresses

TIMEOUT_SEC = 5.0
_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


async def check_asr(settings: Settings) -> Finding:
    """Does each recognition process answer, and how much room has it?"""
    try:
        addresses = parse_addresses(settings.asr.url)
    except EXPECTED as error:
        return Finding(part="asr", well=False, words=str(error))
    found = await asyncio.gather(*(_recognition(address) for address in addresses))
    bad = [one for one in found if not one.well]
    return Finding(part="asr", well=not bad, words="; ".join(one.words for one in bad or found))


async def _recognition(address: Address) -> Finding:
    uds = None if address.path is None else str(address.path)
    transport = httpx.AsyncHTTPTransport(uds=uds)
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url=address.base_url, timeout=TIMEOUT_SEC, trust_env=False
        ) as client:
            health = (await client.get("/health")).json()
            load = (await client.get("/load")).json()
            status, headroom = str(health["status"]), float(load["headroom"])
    except httpx.TransportError:
        words = (
            f"nobody answers at {address}: start it with `greffier asr`, or set GREFFIER_ASR__URL"
        )
        return Finding(part="asr", well=False, words=words)
    except (ValueError, KeyError, TypeError):
        words = f"what answers at {address} is no recognition process: set GREFFIER_ASR__URL"
        return Finding(part="asr", well=False, words=words)
    if status != "ok":
        words = (
            f"{address} is {status}: it ran out of memory and serves the fallback model; set a "
            "lower GREFFIER_ASR__MAX_BATCH and start it again"
        )
        return Finding(part="asr", well=False, words=words)
    words = f"{address}; self-test passed, {headroom:.0%} of its room left"
    return Finding(part="asr", well=True, words=words)


async def check_livekit(settings: Settings) -> Finding:
    """Is LiveKit there, and does it take our keys?"""
    livekit = settings.livekit
    secret = livekit.api_secret.get_secret_value()
    if not livekit.api_key or not secret:
        words = "no keys: set LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or use `greffier up`"
        return Finding(part="livekit", well=False, words=words)
    try:
        await ask_livekit(livekit.url, livekit.api_key, secret, patience_sec=0)
    except WorkerError as error:
        return Finding(part="livekit", well=False, words=str(error))
    return Finding(part="livekit", well=True, words=f"{livekit.url}; takes our keys")


async def check_llm(settings: Settings) -> Finding:
    """Does the LLM's server take our key, and has it the model?"""
    llm = settings.llm
    if not llm.url:
        words = "no GREFFIER_LLM__URL: minutes are an extract, not a summary"
        return Finding(part="llm", well=None, words=words)
    url = f"{llm.url.rstrip('/')}/models"
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SEC) as client:
            headers = {"Authorization": f"Bearer {llm.api_key}"} if llm.api_key else {}
            answer = await client.get(url, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        words = f"{url}: {type(error).__name__}; start the server, or correct GREFFIER_LLM__URL"
        return Finding(part="llm", well=False, words=words)
    if answer.status_code in _REFUSED:
        words = f"{llm.url} refuses the key ({answer.status_code}): set GREFFIER_LLM__API_KEY"
        return Finding(part="llm", well=False, words=words)
    try:
        known = [str(one["id"]) for one in answer.raise_for_status().json()["data"]]
    except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
        words = (
            f"{url} answers {answer.status_code} and is no OpenAI-compatible list: "
            "GREFFIER_LLM__URL ends in /v1 as a rule"
        )
        return Finding(part="llm", well=False, words=words)
    if llm.model not in known:
        words = f"{llm.url} has no model {llm.model!r}; GREFFIER_LLM__MODEL: {', '.join(known)}"
        return Finding(part="llm", well=False, words=words)
    return Finding(part="llm", well=True, words=f"{llm.url}; {llm.model}")
