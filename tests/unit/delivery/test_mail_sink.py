"""The demo's sink: each mail one file, whole."""

import asyncio
import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from delivery.mail import MailState, send
from delivery.mail_sink import run
from delivery.settings import MailSettings


async def test_keeps_each_mail_once(tmp_path):
    """A mail becomes an .eml that parses; sent again with the same id it replaces itself."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stop = asyncio.Event()
    sink = asyncio.create_task(run("127.0.0.1", port, tmp_path / "mail", stop))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Message-ID"] = "g@test.fr", "a@test.fr", "<one@test.fr>"
    mail.set_content("é\n.\nfin\n")
    settings = MailSettings(host="127.0.0.1", port=port, sender="g@test.fr")
    async with asyncio.timeout(10):
        while (await send(mail, settings)).state != MailState.SENT:
            await asyncio.sleep(0.05)
        assert (await send(mail, settings)).state == MailState.SENT
    stop.set()
    await sink
    (kept,) = (tmp_path / "mail").iterdir()
    assert kept.name.startswith("a@test.fr-")
    assert kept.suffix == ".eml"
    read = message_from_bytes(kept.read_bytes(), policy=default)
    assert read.get_content().replace("\r\n", "\n") == "é\n.\nfin\n"
