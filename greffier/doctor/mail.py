"""The mail server: connection, encryption, password and sender; no mail is sent."""

from __future__ import annotations

from email.utils import parseaddr

import aiosmtplib

from delivery.letter import domain_of
from greffier.doctor.finding import Finding, one_line
from greffier.settings import Settings

TIMEOUT_SEC = 5.0


async def check_mail(settings: Settings) -> Finding:
    """Go as far as the sender's address, and take it back."""
    mail = settings.mail
    if not mail.host:
        words = "no GREFFIER_MAIL__HOST: minutes are not e-mailed"
        return Finding(part="mail", well=None, words=words)
    place = f"{mail.host}:{mail.port}"
    client = aiosmtplib.SMTP(
        hostname=mail.host,
        port=mail.port,
        username=mail.user or None,
        password=mail.password.get_secret_value() or None if mail.user else None,
        use_tls=mail.tls == "tls",
        start_tls={"none": False, "starttls": True, "tls": False}.get(mail.tls),
        timeout=TIMEOUT_SEC,
        local_hostname=domain_of(mail.sender),
    )
    try:
        async with client:
            await client.mail(parseaddr(mail.sender)[1])
            await client.rset()
    except aiosmtplib.SMTPAuthenticationError as error:
        words = f"{place} refuses the login ({error.code}): GREFFIER_MAIL__USER and __PASSWORD"
    except aiosmtplib.SMTPSenderRefused as error:
        words = (
            f"{place} refuses the sender {mail.sender}: {error.code} {one_line(error)}; "
            "GREFFIER_MAIL__SENDER, or __USER and __PASSWORD"
        )
    except aiosmtplib.SMTPResponseException as error:
        words = (
            f"{place} answers {error.code} {one_line(error)}; GREFFIER_MAIL__HOST, __PORT, __TLS"
        )
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        words = f"{place}: {one_line(error)}; check GREFFIER_MAIL__HOST, __PORT and __TLS"
    else:
        return Finding(part="mail", well=True, words=f"{place}; takes mail from {mail.sender}")
    return Finding(part="mail", well=False, words=words)
