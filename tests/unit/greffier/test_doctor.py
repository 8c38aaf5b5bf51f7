"""Each part truly broken, one at a time: one line that names the mend, and no trace."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import sqlite3
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from greffier.doctor.examine import CHECKS, findings_of
from greffier.doctor.finding import Finding
from greffier.doctor.mail import check_mail
from greffier.doctor.model import check_model
from greffier.doctor.ports import check_ports
from greffier.doctor.services import check_asr, check_livekit, check_llm
from greffier.doctor.stores import check_database, check_jobs, check_results
from greffier.metrics_server import metrics_server
from greffier.ports import free_port
from greffier.settings import Settings, load
from models.server.metrics import AsrMetrics
from models.settings import AsrSettings
from models.store.manifest import Manifest, measured, seal
from storage.database import migrate
from tests.unit.models.tiny_whisper import make

KEYS = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "a-secret-of-thirty-two-characters!"}


def settings(**values: str) -> Settings:
    return load(values, None)


def bad(found: Finding) -> str:
    assert found.well is False, found.words
    assert "\n" not in found.words
    assert "Traceback" not in found.words
    return found.words


def good(found: Finding) -> str:
    assert found.well is True, found.words
    return found.words


@contextlib.contextmanager
def answering(pages: dict[str, tuple[int, object]]) -> Iterator[str]:
    """An HTTP server with these pages; others are 404. Gives `HOST:PORT`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, value = pages.get(self.path, (404, {"detail": "Not Found"}))
            if status == 200 and self.headers.get("Authorization") == "Bearer wrong":
                status, value = 401, {"error": "bad key"}
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# The model


async def test_a_corrupt_model_folder_is_named(tmp_path: Path) -> None:
    """Half of its weights are gone, as after a full disk."""
    folder = tmp_path / "model"
    shutil.copytree(AsrSettings().model, folder)
    weights = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(weights[: len(weights) // 2])
    words = bad(await check_model(settings(GREFFIER_ASR__MODEL=str(folder))))
    assert str(folder) in words
    assert "damaged" in words


async def test_every_byte_of_a_pulled_model_is_verified(tmp_path: Path) -> None:
    """A byte that nobody would notice at the start."""
    folder = tmp_path / "model"
    shutil.copytree(AsrSettings().model, folder)
    pulled = Manifest(
        model="it", commit="c", date=datetime(2026, 1, 1, tzinfo=UTC), files=measured(folder)
    )
    seal(folder, pulled)
    there = settings(GREFFIER_ASR__MODEL=str(folder))
    assert "every byte as it was pulled" in good(await check_model(there))
    vocabulary = folder / "vocabulary.json"
    vocabulary.chmod(0o644)
    vocabulary.write_bytes(vocabulary.read_bytes().replace(b"a", b"b", 1))
    assert "vocabulary.json is not the file" in bad(await check_model(there))


async def test_a_missing_model_names_the_pull(tmp_path: Path) -> None:
    words = bad(await check_model(settings(GREFFIER_ASR__MODEL=str(tmp_path / "none"))))
    assert "greffier models pull" in words


async def test_a_model_that_says_nothing_is_bad(tmp_path: Path) -> None:
    """It loads without any error."""
    folder = make(tmp_path / "model")
    (folder / "selftest.txt").unlink()
    words = bad(await check_model(settings(GREFFIER_ASR__MODEL=str(folder))))
    assert "heard nothing in en" in words
    assert "check the driver" in words


async def test_a_device_that_is_not_here(tmp_path: Path) -> None:
    """Set for a GPU on a machine without one."""
    words = bad(await check_model(settings(GREFFIER_ASR__DEVICE="cuda")))
    assert "asr.device" in words


# Servers


async def test_the_recognition_process_away_or_another_in_its_place(tmp_path: Path) -> None:
    """And one that has fallen back to its smaller model."""
    away = settings(GREFFIER_ASR__URL=f"unix:{tmp_path / 'none.sock'}")
    assert "greffier asr" in bad(await check_asr(away))
    assert "write unix:PATH" in bad(await check_asr(settings(GREFFIER_ASR__URL="here")))
    pages: dict[str, tuple[int, object]] = {}
    with answering(pages) as address:
        there = settings(GREFFIER_ASR__URL=f"http://{address}")
        assert "no recognition process" in bad(await check_asr(there))
        pages["/load"] = (200, {"headroom": 0.75})
        pages["/health"] = (200, {"status": "degraded"})
        assert "degraded" in bad(await check_asr(there))
        pages["/health"] = (200, {"status": "ok"})
        assert "75% of its room left" in good(await check_asr(there))
        both = f"http://{address},unix:{tmp_path / 'none.sock'}"
        words = bad(await check_asr(settings(GREFFIER_ASR__URL=both)))
        assert "none.sock" in words
        assert address not in words


async def test_livekit_away_or_no_livekit_or_no_keys() -> None:
    """Each with the setting to correct."""
    closed = settings(LIVEKIT_URL=f"ws://127.0.0.1:{free_port(0)}", **KEYS)
    assert "LIVEKIT_URL" in bad(await check_livekit(closed))
    assert "ws://" in bad(await check_livekit(settings(LIVEKIT_URL="127.0.0.1:7880", **KEYS)))
    assert "LIVEKIT_API_KEY" in bad(await check_livekit(settings()))
    with answering({}) as address:
        other = settings(LIVEKIT_URL=f"ws://{address}", **KEYS)
        assert "is this a LiveKit server?" in bad(await check_livekit(other))
    path = "/twirp/livekit.RoomService/ListRooms"
    with answering({path: (401, {"code": "unauthenticated", "msg": "no"})}) as address:
        words = bad(await check_livekit(settings(LIVEKIT_URL=f"ws://{address}", **KEYS)))
        assert "LIVEKIT_API_SECRET" in words
        assert KEYS["LIVEKIT_API_SECRET"] not in words


async def test_the_llm_refuses_the_key_or_has_another_model() -> None:
    """401, 404, nobody there, and a page that is no list of models."""
    assert (await check_llm(settings())).well is None

    def llm(url: str, **more: str) -> Settings:
        return settings(GREFFIER_LLM__URL=url, GREFFIER_LLM__MODEL="mistral", **more)

    closed = llm(f"http://127.0.0.1:{free_port(0)}/v1")
    assert "GREFFIER_LLM__URL" in bad(await check_llm(closed))
    with answering({"/v1/models": (200, {"data": [{"id": "qwen"}]})}) as address:
        words = bad(await check_llm(llm(f"http://{address}/v1", GREFFIER_LLM__API_KEY="wrong")))
        assert "refuses the key (401): set GREFFIER_LLM__API_KEY" in words
        assert "wrong" not in words
        assert "qwen" in bad(await check_llm(llm(f"http://{address}/v1")))
        assert "ends in /v1" in bad(await check_llm(llm(f"http://{address}")))
    with answering({"/v1/models": (200, {"data": [{"id": "mistral"}]})}) as address:
        assert "mistral" in good(await check_llm(llm(f"http://{address}/v1")))


# Mail


class Strict:
    """Takes mail from nobody but `ok`, and mail of one sender only."""

    async def handle_MAIL(self, _server, _session, envelope, address, _options):
        if address != "greffier@ok.test":
            return "553 5.7.1 sender not allowed here"
        envelope.mail_from = address
        return "250 ok"


@contextlib.contextmanager
def post_office(*, password: str = "") -> Iterator[int]:
    """A real SMTP server; with a password it wants to be told. Gives its port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def authenticate(_server, _session, _envelope, _mechanism, given):
        return AuthResult(success=given.password == password.encode(), handled=False)

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # passwords in the clear, on loopback
            return SMTP(
                Strict(),
                hostname="post.test",
                loop=loop,
                auth_required=bool(password),
                auth_require_tls=False,
                authenticator=authenticate if password else None,
            )

    async def open_it() -> asyncio.Server:
        return await loop.create_server(protocol, "127.0.0.1", 0)

    async def close_it(server: asyncio.Server) -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(open_it(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(close_it(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def mail(port: int, **more: str) -> Settings:
    values = {"HOST": "127.0.0.1", "PORT": str(port), "SENDER": "G <greffier@ok.test>"} | more
    return settings(**{f"GREFFIER_MAIL__{name}": value for name, value in values.items()})


async def test_the_mail_server_is_away_or_refuses_sender_or_login() -> None:
    """Nothing is sent; what is refused would be refused to each mail."""
    assert (await check_mail(settings())).well is None
    assert "GREFFIER_MAIL__HOST" in bad(await check_mail(mail(free_port(0))))
    with post_office() as port:
        assert "greffier@ok.test" in good(await check_mail(mail(port)))
        words = bad(await check_mail(mail(port, SENDER="greffier@no.test")))
        assert "553" in words
        assert "GREFFIER_MAIL__SENDER" in words
        assert bad(await check_mail(mail(port, TLS="starttls")))
    with post_office(password="right") as port:
        assert "GREFFIER_MAIL__SENDER, or __USER" in bad(await check_mail(mail(port)))
        words = bad(await check_mail(mail(port, USER="g", PASSWORD="wrong-one")))
        assert "refuses the login" in words
        assert "wrong-one" not in words
        good(await check_mail(mail(port, USER="g", PASSWORD="right")))


# What is written to


def database(file: Path) -> Settings:
    return settings(
        GREFFIER_STORAGE__DATABASE_URL=f"sqlite+aiosqlite:///{file}",
        GREFFIER_JOBS__SYSTEM_DATABASE_URL=f"sqlite:///{file}",
    )


def test_a_database_that_is_well_or_not_made_yet(tmp_path: Path) -> None:
    """Looking makes nothing."""
    file = tmp_path / "new" / "greffier.db"
    assert "made at the first start" in good(asyncio.run(check_database(database(file))))
    assert not file.parent.exists()
    migrate(f"sqlite+aiosqlite:///{file}")
    assert "made" not in good(asyncio.run(check_database(database(file))))


async def test_a_locked_database_says_who_to_look_for(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that never ends holds its lock."""
    monkeypatch.setattr("greffier.doctor.stores.LOCK_SEC", 0.05)
    file = tmp_path / "greffier.db"
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        words = bad(await check_database(database(file)))
    assert "locked" in words
    assert f"fuser {file}" in words
    good(await check_database(database(file)))


async def test_a_database_that_can_not_be_written_or_is_none(tmp_path: Path) -> None:
    """Each with the setting."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no database, and no folder either; " * 100)
    for check, name in (
        (check_database, "GREFFIER_STORAGE__DATABASE_URL"),
        (check_jobs, "GREFFIER_JOBS__SYSTEM_DATABASE_URL"),
    ):
        assert name in bad(await check(database(in_the_way / "greffier.db")))
        assert "not a database" in bad(await check(database(in_the_way)))
    nonsense = settings(GREFFIER_STORAGE__DATABASE_URL="greffier.db")
    assert "sqlite+aiosqlite" in bad(await check_database(nonsense))
    for driver in ("postgresql+psycopg", "postgresql"):
        away = f"{driver}://g:hidden@127.0.0.1:{free_port(0)}/g"
        words = bad(await check_database(settings(GREFFIER_STORAGE__DATABASE_URL=away)))
        assert "onnection" in words
        assert "hidden" not in words


async def test_results_need_a_folder_with_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the way, a disk without room."""
    (tmp_path / "file").write_text("")
    in_the_way = settings(GREFFIER_STORAGE__RESULTS=str(tmp_path / "file" / "meetings"))
    assert "GREFFIER_STORAGE__RESULTS" in bad(await check_results(in_the_way))
    there = settings(GREFFIER_STORAGE__RESULTS=str(tmp_path / "meetings"))
    good(await check_results(there))
    assert not (tmp_path / "meetings").exists()
    monkeypatch.setattr("greffier.doctor.stores.LITTLE_BYTES", 1 << 60)
    assert "make room" in bad(await check_results(there))


# Ports


def ports(**values: str) -> Settings:
    free = {"GREFFIER_ROOMS__PORT": "0", "GREFFIER_AGENT__HEALTH_PORT": "0"}
    return settings(**free | values)


async def test_a_port_that_another_program_holds_is_named_with_its_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ours, that answers as ours, is well."""
    monkeypatch.setattr("greffier.doctor.ports.TIMEOUT_SEC", 0.3)
    assert "free" in good(await check_ports(ports()))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        words = bad(await check_ports(ports(GREFFIER_ASR__METRICS=port)))
        assert port in words
        assert "GREFFIER_ASR__METRICS" in words
    with answering({"/openapi.json": (200, {"info": {"title": "Greffier rooms"}})}) as address:
        port = address.rpartition(":")[2]
        assert f"rooms {port} answers" in good(await check_ports(ports(GREFFIER_ROOMS__PORT=port)))
    with answering({}) as address:
        port = address.rpartition(":")[2]
        words = bad(await check_ports(ports(GREFFIER_ROOMS__PORT=port)))
        assert "GREFFIER_ROOMS__PORT" in words
    with metrics_server("0", AsrMetrics.make().registry, setting="") as served:
        good(await check_ports(ports(GREFFIER_ASR__METRICS=str(served))))
    assert "HOST:PORT" in bad(await check_ports(ports(GREFFIER_JOBS__METRICS="here")))


# All together


async def test_parts_are_looked_at_together_and_what_is_awaited_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The order is always the same; one that hangs does not hold up the others."""

    async def hangs(_: Settings) -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    async def quick(_: Settings) -> Finding:
        return Finding(part="quick", well=True, words="")

    monkeypatch.setattr("greffier.doctor.examine.PATIENCE_SEC", 0.05)
    monkeypatch.setattr("greffier.doctor.examine.CHECKS", {"slow": hangs, "quick": quick})
    told: list[list[str]] = []
    found = await findings_of(settings(), lambda names: told.append(list(names)))
    assert [one.part for one in found] == ["slow", "quick"]
    assert "no answer" in bad(found[0])
    assert told == [["slow", "quick"], ["slow"], []]
    assert len(CHECKS) == 9
