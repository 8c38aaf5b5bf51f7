"""One mail over a real SMTP dialogue: what the server says decides."""

import asyncio
import time
from email.message import EmailMessage

import pytest

from delivery.mail import MailState, send
from delivery.settings import MailSettings
from tests.unit.delivery.post_office import PostOffice


@pytest.fixture
def office():
    with PostOffice() as office:
        yield office


def message(to="a@test.fr"):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Greffe <g@test.fr>", to, "Réunion"
    mail.set_content("é")
    return mail


def settings(port, **given):
    return MailSettings(host="127.0.0.1", port=port, sender="Greffe <g@test.fr>", **given)


async def test_sent(office):
    """250: sent, and it arrives as it was."""
    outcome = await send(message(), settings(office.port))
    assert outcome.state == MailState.SENT
    assert office.mails[0]["Subject"] == "Réunion"


@pytest.mark.parametrize(
    ("answer", "state"),
    [("451 later", MailState.DEFERRED), ("421 busy", MailState.DEFERRED),
     ("550 no such user", MailState.REFUSED)],
)  # fmt: skip
async def test_recipient(office, answer, state):
    """4xx may be better later; 5xx never; the reason is the server's own."""
    office.answers["a@test.fr"] = [answer]
    outcome = await send(message(), settings(office.port))
    assert outcome.state == state
    assert answer[:3] in outcome.reason
    assert office.mails == []


async def test_nobody_listens():
    """Connection refused: later."""
    assert (await send(message(), settings(9))).state == MailState.DEFERRED


async def test_stall():
    """A server that says nothing costs the timeout."""

    async def silent(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = time.monotonic()
    outcome = await send(message(), settings(port, timeout_sec=0.5))
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.1)
    assert outcome.state == MailState.DEFERRED
    assert time.monotonic() - began < 4


async def test_no_tls_where_it_is_demanded(office):
    """`starttls` against a server without it: nothing is sent in the clear."""
    outcome = await send(message(), settings(office.port, tls="starttls"))
    assert outcome.state != MailState.SENT
    assert office.mails == []


async def test_not_configured():
    """No host: skipped, and it says so."""
    outcome = await send(message(), MailSettings())
    assert outcome.state == MailState.SKIPPED
    assert "GREFFIER_MAIL__HOST" in outcome.reason
