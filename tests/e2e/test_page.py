"""The page in Chromium, with the whole of Greffier behind it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from greffier.ports import free_port
from tests.e2e.browser import PATIENCE_MS, Visitor, browser, chromium, microphone_sound, visitor
from tests.e2e.stack import LiveKit, greffier_process, wait_http

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]
expect.set_options(timeout=PATIENCE_MS)

CLAIRE = (
    "Bonjour à tous et merci d'être là.",
    "Nous préparons aujourd'hui l'ouverture du nouveau service en ligne.",
    "Alors nous décidons de garder la campagne et de reporter la vidéo.",
)
EMMA = ("Hello everyone, I am happy to be here.", "Is the hosting contract part of this amount?")
SCHEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


@pytest.fixture(scope="module")
def address(
    livekit: LiveKit, asr_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The rooms service's address, with the agent and the jobs at work behind it."""
    chromium()
    folder = tmp_path_factory.mktemp("page")
    port = free_port(0)
    env = livekit.env() | {
        "GREFFIER_ROOMS__PORT": str(port),
        "GREFFIER_ROOMS__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GREFFIER_ASR__URL": asr_url,
        "GREFFIER_AGENT__HEALTH_PORT": "0",
        "GREFFIER_AGENT__DRAIN_SEC": "0",
        "GREFFIER_STORAGE__DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'greffier.db'}",
        "GREFFIER_STORAGE__RESULTS": str(folder / "meetings"),
        "GREFFIER_JOBS__SYSTEM_DATABASE_URL": f"sqlite:///{folder / 'jobs.db'}",
    }
    with contextlib.ExitStack() as processes:
        serve = processes.enter_context(greffier_process("serve", env))
        wait_http(f"http://127.0.0.1:{port}/health", process=serve)
        for command in ("jobs", "worker"):
            processes.enter_context(greffier_process(command, env))
        yield f"http://127.0.0.1:{port}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plain() -> AsyncIterator[Browser]:
    """A browser without a microphone."""
    async with async_playwright() as playwright, browser(playwright) as one:
        yield one


@pytest.fixture
def room() -> str:
    return f"conseil-{uuid.uuid4().hex[:8]}"


@contextlib.asynccontextmanager
async def speaking(folder: Path, identity: str, texts: tuple[str, ...]) -> AsyncIterator[Visitor]:
    """A person whose microphone says `texts` again and again."""
    sound = microphone_sound(folder / f"{identity}.wav", identity, texts)
    async with (
        async_playwright() as playwright,
        browser(playwright, microphone=sound) as one,
        visitor(one, viewport={"width": 1200, "height": 800}) as guest,
    ):
        yield guest


async def test_a_meeting_by_the_page(address: str, plain: Browser, tmp_path: Path) -> None:
    """Two people talk and read each other; a third comes late; the minutes come to all."""
    room = "conseil-municipal"
    async with (
        speaking(tmp_path, "claire-martin", CLAIRE) as claire,
        speaking(tmp_path, "emma-wilson", EMMA) as emma,
        visitor(plain, viewport={"width": 1200, "height": 800}) as late,
    ):
        await claire.open(address, room)
        await claire.join("Claire Martin")
        await expect(claire.page.get_by_text("Cette réunion est transcrite.")).to_be_visible()
        await emma.open(address, room)
        await emma.join("Emma Wilson")
        for guest in (claire, emma):
            for name in ("Claire Martin", "Emma Wilson"):
                await expect(guest.turns_of(name).first.locator("p.said")).not_to_be_empty()
            people = guest.page.get_by_role("region", name="Personnes présentes").get_by_role(
                "listitem"
            )
            await expect(people).to_have_count(2)
        for name in ("Claire Martin", "Emma Wilson"):
            await expect(
                claire.turns_of(name).locator("p.said:not([data-partial])").nth(1)
            ).to_be_attached()

        seen = await claire.finals().first.inner_text()
        await late.open(address, room)
        await late.join("Lise Petit", reading=True)
        await expect(late.finals().first).to_have_text(seen)
        await expect(late.page.get_by_text("Lise Petit (vous)")).to_be_visible()
        await expect(
            late.page.get_by_role("button", name="Arrêter la transcription")
        ).to_have_count(0)
        for scheme in SCHEMES:
            await claire.page.emulate_media(color_scheme=scheme)
            assert await claire.violations() == []

        await claire.page.get_by_role("button", name="Arrêter la transcription").click()
        await claire.page.get_by_role("button", name="Arrêter et rédiger le compte rendu").click()
        for guest in (claire, emma, late):
            await expect(guest.page.get_by_role("heading", name="Compte rendu")).to_be_visible()
            await expect(guest.page.get_by_text("La transcription est arrêtée.")).to_be_visible()
        assert await late.finals().all_inner_texts() == await claire.finals().all_inner_texts()
        for scheme in SCHEMES:
            await claire.page.emulate_media(color_scheme=scheme)
            assert await claire.violations() == []


async def test_a_translation_stands_below_what_was_said(
    address: str, plain: Browser, room: str
) -> None:
    """In the reader's language, marked so; lines that are in it already have none."""
    async with visitor(plain, viewport={"width": 1200, "height": 800}) as reader:
        await reader.open(address, room)
        await reader.join("Lise Petit", reading=True)
        await reader.page.evaluate(
            """() => {
                const speaker = {identity: "emma", name: "Emma Wilson"};
                const line = (n, text, language, translations) => ({
                    kind: "final", id: `${n}`, seq: n, speaker, startMs: n * 3000,
                    endMs: n * 3000 + 900, text, language, translations,
                });
                document.querySelector("greffier-captions").lines = [
                    line(1, "Hello everyone.", "en", {fr: "Bonjour à tous."}),
                    line(2, "Merci.", "fr", {en: "Thank you."}),
                ];
            }"""
        )
        translations = reader.page.locator("p.translation")
        await expect(translations).to_have_text(["Bonjour à tous."])
        await expect(translations).to_have_attribute("lang", "fr")
        assert await reader.violations() == []


async def test_what_one_chooses_is_done_and_shown(address: str, room: str, tmp_path: Path) -> None:
    """One's language, not to be transcribed, off the record: by the page, with the agent behind."""
    async with speaking(tmp_path, "claire-martin", CLAIRE) as claire:
        page = claire.page
        await claire.open(address, room)
        await claire.join("Claire Martin")
        await expect(claire.finals().first).to_be_attached()
        await page.get_by_label("Je parle").select_option("anglais")
        await expect(page.locator("p.said[lang=en]").first).to_be_attached()
        await page.get_by_label("Ne pas me transcrire").check()
        await expect(page.get_by_text("sans transcription")).to_be_visible()
        await page.get_by_role("button", name="Passer hors procès-verbal").click()
        await expect(page.get_by_text("rien de ce qui se dit n’est transcrit")).to_be_visible()
        assert await claire.violations() == []
        await page.get_by_label("Ne pas me transcrire").uncheck()
        await expect(page.get_by_text("à la demande de la personne]")).to_be_attached()
        await page.get_by_role("button", name="Reprendre le procès-verbal").click()
        await expect(page.get_by_text("hors procès-verbal]")).to_be_attached()
        await expect(page.get_by_text("Cette réunion est transcrite.")).to_be_visible()


async def test_a_reload_comes_back_as_the_same_person(
    address: str, livekit: LiveKit, plain: Browser, room: str
) -> None:
    """The tab keeps its seat, even when its token has run out: nobody is there twice."""
    async with visitor(plain) as guest:
        await guest.open(address, room)
        await guest.join("Lise Petit", reading=True)
        kept = "JSON.parse(sessionStorage.getItem('greffier.seat')).identity"
        identity = await guest.page.evaluate(kept)
        for token in ("", livekit.token(room, identity, ttl=timedelta(minutes=-5))):
            await guest.page.evaluate(
                """token => {
                    const seat = JSON.parse(sessionStorage.getItem('greffier.seat'));
                    if (token) seat.token = token;
                    sessionStorage.setItem('greffier.seat', JSON.stringify(seat));
                }""",
                token,
            )
            await guest.page.reload()
            await expect(guest.page.get_by_role("textbox", name="Votre nom")).to_have_value(
                "Lise Petit"
            )
            await guest.join("Lise Petit", reading=True)
            assert await guest.page.evaluate(kept) == identity
            await expect(guest.page.get_by_role("listitem")).to_have_count(1)


async def test_without_a_microphone_one_can_still_read(
    address: str, plain: Browser, room: str
) -> None:
    """A refusal is said in one sentence, and nobody has been in the room."""
    async with visitor(plain) as guest:
        await guest.open(address, room)
        await guest.page.get_by_role("textbox", name="Votre nom").fill("Lise Petit")
        await guest.page.get_by_role("button", name="Rejoindre avec le microphone").click()
        await expect(guest.page.get_by_role("alert")).to_contain_text(
            "microphone n’est pas disponible"
        )
        await guest.join("Lise Petit", reading=True)


async def test_what_is_wrong_is_said_in_one_sentence(address: str, plain: Browser) -> None:
    """A room name that can't be, a name left out, a service that is away."""
    async with visitor(plain) as guest:
        await guest.open(address, "salle%20%C3%A9tage")
        read = guest.page.get_by_role("button", name="Lire seulement les sous-titres")
        await read.click()
        await expect(guest.page.get_by_role("alert")).to_have_text("Indiquez votre nom.")
        name = guest.page.get_by_role("textbox", name="Votre nom")
        await expect(name).to_be_focused()
        await name.fill("Lise Petit")
        await read.click()
        await expect(guest.page.get_by_role("alert")).to_contain_text(
            "nom de salle n’est pas accepté"
        )
        await guest.page.route("**/api/token", lambda route: route.abort())
        await read.click()
        await expect(guest.page.get_by_role("alert")).to_contain_text("injoignable")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_joining_is_accessible(
    address: str, plain: Browser, room: str, scheme: Literal["light", "dark"]
) -> None:
    """No fault that axe knows, before and in the meeting, in both colour schemes."""
    async with visitor(plain, color_scheme=scheme) as guest:
        await guest.open(address, room)
        assert await guest.violations() == []
        await guest.page.get_by_role("button", name="Lire seulement les sous-titres").click()
        await expect(guest.page.get_by_role("alert")).to_be_visible()
        assert await guest.violations() == []
        await guest.join("Lise Petit", reading=True)
        await expect(guest.page.get_by_role("heading", level=1)).to_be_focused()
        assert await guest.violations() == []


async def test_it_fits_a_narrow_screen(address: str, plain: Browser, room: str) -> None:
    """At 320 px, the largest text included, nothing needs scrolling sideways."""
    async with visitor(plain, viewport={"width": 320, "height": 640}) as guest:
        await guest.open(address, room)
        wide = "document.documentElement.scrollWidth > innerWidth"
        assert not await guest.page.evaluate(wide)
        await guest.join("Lise Petit", reading=True)
        larger = guest.page.get_by_role("button", name="Agrandir le texte")
        while await larger.is_enabled():
            await larger.click()
        assert not await guest.page.evaluate(wide)
        await guest.page.reload()
        await guest.join("Lise Petit", reading=True)
        await expect(guest.log).to_have_attribute("data-size", "3")


async def test_it_speaks_french_and_english(address: str, plain: Browser, room: str) -> None:
    """The browser's language first; the switch is kept, and the page says its language."""
    async with visitor(plain) as guest:
        await guest.open(address, room)
        html = guest.page.locator("html")
        await expect(html).to_have_attribute("lang", "fr")
        await guest.page.get_by_role("button", name="Display this page in English").press("Enter")
        await expect(guest.page.get_by_role("heading", name="Join a meeting")).to_be_visible()
        await guest.page.reload()
        await expect(html).to_have_attribute("lang", "en")
