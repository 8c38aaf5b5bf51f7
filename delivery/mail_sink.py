"""A real SMTP server that keeps each mail as a file: for the demo, never for people's mail."""

from __future__ import annotations

import asyncio
import hashlib
import re
import signal
from collections.abc import Sequence
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from storage.files import write_file

_MAX_BYTES = 50_000_000


class Keeper:
    """Writes what it is given; a mail that comes twice (same Message-ID) replaces itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # the name is aiosmtpd's
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """Keep one mail; the server's answer is only given once it is on disk."""
        content = envelope.content
        data = content if isinstance(content, bytes) else str(content or "").encode()
        await asyncio.to_thread(write_file, self._folder / _name(envelope.rcpt_tos, data), data)
        return "250 kept"


def _name(recipients: Sequence[str | None], data: bytes) -> str:
    who = re.sub(r"[^A-Za-z0-9@._-]", "_", str(recipients[0] if recipients else "nobody"))[:80]
    found = re.search(rb"(?im)^message-id:\s*(\S+)", data.partition(b"\r\n\r\n")[0])
    mark = hashlib.sha256(found.group(1) if found else data).hexdigest()[:8]
    return f"{who.lstrip('.')}-{mark}.eml"


async def run(host: str, port: int, folder: Path, stop: asyncio.Event) -> None:
    """Listen until `stop` is set."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    keeper = Keeper(folder)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=_MAX_BYTES, hostname="localhost", loop=loop),
        host=host,
        port=port,
    )
    async with server:
        await stop.wait()


def serve(host: str, port: int, folder: Path) -> None:
    """Run the sink until SIGTERM or Ctrl-C."""

    async def main() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run(host, port, folder, stop)

    asyncio.run(main())
