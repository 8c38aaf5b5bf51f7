"""The mail to one organiser: text and HTML, in their language, with the files attached."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import quote

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pipelines.export.clean import one_line, supported
from pipelines.minutes.labels import date, labels, machine_line, summary_title
from pipelines.minutes.render import said_at, times_of
from pipelines.minutes.schema import Minutes
from pipelines.record.transcript import Transcript
from storage.line import Meeting, Organiser

_TEMPLATES = Path(__file__).parent / "templates"
_SUBJECT_LENGTH = 150
_NOT_IN_ADDRESS = re.compile(r"[\s,;<>\x00-\x1f]")
_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=select_autoescape(("html.j2",), default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False)


class AddressInvalid(Exception):
    """The organiser's or the sender's address can't stand in a mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A text file for the mail; `subtype` as in `text/vtt`."""

    name: str
    subtype: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a mail is made of. The same letter always makes the same mail."""

    meeting: Meeting
    transcript: Transcript
    minutes: Minutes
    organiser: Organiser
    attachments: tuple[Attachment, ...]
    page_url: str


def compose(letter: Letter, *, sender: str) -> EmailMessage:
    """The mail. Raises AddressInvalid."""
    meeting, organiser = letter.meeting, letter.organiser
    view = _view(letter)
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(*parseaddr(sender))
    message["To"] = _address(organiser.name, organiser.email)
    message["Subject"] = one_line(f"{view['words'].minutes}{view['words'].colon} {view['title']}")[
        :_SUBJECT_LENGTH
    ]
    message["Date"] = format_datetime(meeting.ended_at or meeting.started_at)
    message["Message-ID"] = message_id(meeting.id, organiser.email, sender)
    # RFC 3834: no vacation replies to a machine; X-Auto-Response-Suppress says it to Exchange.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_environment.get_template("minutes.txt.j2").render(view))
    html = _environment.get_template("minutes.html.j2").render(view)
    message.add_alternative(_inliner.inline(html), subtype="html")
    for one in letter.attachments:
        message.add_attachment(one.text, subtype=one.subtype, filename=one.name)
    # Last: each part that is added takes the Content-* headers there are with it.
    message["Content-Language"] = view["language"]
    return message


def message_id(meeting_id: str, recipient: str, sender: str) -> str:
    """The same for each try, so that a mail sent twice is one mail to who reads it."""
    digest = hashlib.sha256(recipient.strip().casefold().encode()).hexdigest()[:16]
    return f"<{meeting_id}.{digest}@{domain_of(sender)}>"


def domain_of(sender: str) -> str:
    """The sender's domain, which also names us to the mail server."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def _address(name: str, spec: str) -> Address:
    try:
        # Strict: the whole of `spec` must be one address, or a second one would get the mail too.
        address = Address(display_name=one_line(name), addr_spec=spec.strip())
        if not (address.username and address.domain) or _NOT_IN_ADDRESS.search(spec.strip()):
            raise ValueError
        return address
    except (HeaderParseError, ValueError, IndexError, AttributeError):
        raise AddressInvalid("the address is not one that mail can be sent to") from None


def _view(letter: Letter) -> dict[str, Any]:
    """What the templates show; plain values only, escaped by the templates."""
    minutes, meeting, organiser = letter.minutes, letter.meeting, letter.organiser
    language = supported(organiser.language)
    words = labels(language)
    times = times_of(letter.transcript)
    spoken = {line.id: line.language for line in letter.transcript.segments}

    def point(claim: Any, text: str) -> dict[str, str | None]:
        # The language of each point is marked for screen readers (WCAG 3.1.2).
        own = next((spoken[one] for one in claim.segments if spoken.get(one)), minutes.language)
        return {"text": text, "at": said_at(claim.segments, times), "lang": own}

    return {
        "language": language,
        "minutes_language": minutes.language,
        "words": words,
        "title": one_line(minutes.title) or words.untitled,
        "name": one_line(organiser.name),
        "greeting": words.greeting.format(name=one_line(organiser.name)) if organiser.name else "",
        "intro": words.intro.format(date=date(meeting.started_at, language)),
        "machine": machine_line(minutes.made_by, language),
        "note": words.llm_failed if minutes.note else "",
        "incomplete": words.incomplete if letter.transcript.gaps else "",
        "speech": bool(letter.transcript.segments),
        "people": ", ".join(one.label for one in letter.transcript.speakers),
        "summary_title": summary_title(minutes.made_by, language),
        "extract": minutes.made_by == "digest",
        "summary": [point(one, one.text) for one in minutes.summary],
        "decisions": [point(one, one.text) for one in minutes.decisions],
        "actions": [
            {**point(one, one.what), "owner": one.owner or words.owner_unknown, "due": one.due}
            for one in minutes.actions
        ],
        "questions": [point(one, one.text) for one in minutes.open_questions],
        "page": _page(letter.page_url, meeting.room),
    }


def _page(page_url: str, room: str) -> str:
    """The one link of the mail: our own page. Nothing that was said becomes a link."""
    if not page_url.startswith(("http://", "https://")):
        return ""
    return f"{page_url.rstrip('/')}/?room={quote(room, safe='')}"
