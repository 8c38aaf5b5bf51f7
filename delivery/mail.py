"""One mail to one mail server, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

import aiosmtplib

from delivery.letter import domain_of
from delivery.settings import MailSettings
from pipelines.export.clean import one_line


class MailState(StrEnum):
    """DEFERRED is tried again; REFUSED never is; SKIPPED: no mail server is configured."""

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOutcome:
    """What became of a mail, with the server's reason in one line."""

    state: MailState
    reason: str = ""


_START_TLS = {"auto": None, "none": False, "starttls": True, "tls": False}


async def send(message: EmailMessage, settings: MailSettings) -> MailOutcome:
    """Hand the mail to the server. Never raises for what a server or the network may do.

    Cancelled or killed between the server's yes and our return, the mail may be sent again: it
    then has the same Message-ID, and is one mail to who reads it.
    """
    if not settings.host:
        return MailOutcome(state=MailState.SKIPPED, reason="no GREFFIER_MAIL__HOST is set")
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        username=settings.user or None,
        password=settings.password.get_secret_value() or None if settings.user else None,
        use_tls=settings.tls == "tls",
        start_tls=_START_TLS[settings.tls],
        timeout=settings.timeout_sec,
        # Without it the library asks DNS for our own name, which may take many seconds.
        local_hostname=domain_of(settings.sender),
    )
    try:
        async with client:
            await client.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as error:
        # One recipient a mail: the first refusal is the only one.
        return _answered(error.recipients[0].code, error.recipients[0].message)
    except aiosmtplib.SMTPResponseException as error:
        return _answered(error.code, error.message)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        reason = f"{settings.host}:{settings.port} can't be reached ({type(error).__name__})"
        return MailOutcome(state=MailState.DEFERRED, reason=reason)
    return MailOutcome(state=MailState.SENT)


def _answered(code: int, message: str) -> MailOutcome:
    """4xx is "not now"; 5xx is "never". -1, a broken answer, may be better next time."""
    state = MailState.REFUSED if code >= 500 else MailState.DEFERRED
    return MailOutcome(state=state, reason=one_line(f"the mail server answers {code} {message}"))
