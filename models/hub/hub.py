"""The model hub: what a repository holds at a commit, and its files, each resumed and checked.

huggingface_hub does the transfers and their retries. Its `snapshot_download` would not do: that
forgets half a file when the command ends, and tells the hub what else runs on this machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import quote

import httpx2
from huggingface_hub import close_session, get_session, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.file_download import http_get
from pydantic import ValidationError

from models.base import ModelError
from models.hub.errors import refusal
from models.hub.snapshot import HubFile, Snapshot, from_headers, from_listing

_PUBLIC = "https://huggingface.co"
_PATIENCE_SEC = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """One hub. Its token goes to the endpoint's own origin only: redirects elsewhere lose it."""

    endpoint: str = _PUBLIC
    token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read HF_ENDPOINT and HF_TOKEN. Raises ModelError for an endpoint that is no address."""
        endpoint = environ.get("HF_ENDPOINT", "").rstrip("/") or _PUBLIC
        if not endpoint.startswith(("http://", "https://")):
            raise ModelError(f"HF_ENDPOINT is {endpoint!r}: it must start with https:// or http://")
        return cls(endpoint=endpoint, token=environ.get("HF_TOKEN", "").strip())

    def snapshot(self, model: str, revision: str) -> Snapshot:
        """Resolve a branch, tag or commit to a commit and its files. Raises ModelError."""
        url = f"{self.endpoint}/api/models/{model}/revision/{quote(revision, safe='')}"
        with self._plain_errors(model, revision):
            answer = get_session().get(
                url, params={"blobs": "true"}, headers=self._headers(), timeout=_PATIENCE_SEC
            )
            hf_raise_for_status(answer)
            return from_listing(answer.json())

    def describe(self, snapshot: Snapshot, name: str) -> HubFile:
        """Size and hash of one file, asked of the file itself where the list has none."""
        listed = snapshot.file(name)
        if listed.is_known:
            return listed
        with self._plain_errors(snapshot.model, snapshot.commit):
            # The first answer has the headers; a redirect's target is some store without them.
            answer = get_session().head(
                self._url(snapshot, name),
                headers=self._headers(),
                timeout=_PATIENCE_SEC,
                follow_redirects=False,
            )
            hf_raise_for_status(answer)
            return from_headers(name, answer.headers)

    def fetch(
        self, snapshot: Snapshot, file: HubFile, folder: Path, advance: Callable[[int], None]
    ) -> None:
        """Bring a file into `folder`; a `.part` that is there is continued.

        Raises ModelError when the connection fails (the `.part` stays) or the content is wrong
        (it goes), OSError when the disk refuses. Interrupting is safe.
        """
        whole, part = folder / file.name, folder / f"{file.name}.part"
        if whole.exists():  # of a run that was interrupted: nothing comes, but it is checked
            whole.rename(part)
        self._continue(snapshot, file, part, advance)
        try:
            file.check(part)
        except ModelError:
            part.unlink()
            raise
        part.rename(whole)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        close_session()

    def _continue(
        self, snapshot: Snapshot, file: HubFile, part: Path, advance: Callable[[int], None]
    ) -> None:
        if part.exists() and part.stat().st_size > file.size:
            part.unlink()
        with part.open("ab") as out:
            done = out.tell()
            advance(done)
            with self._plain_errors(snapshot.model, snapshot.commit):
                http_get(
                    self._url(snapshot, file.name),
                    out,
                    resume_size=done,
                    headers=self._headers(),
                    expected_size=file.size,
                    displayed_filename=file.name,
                    tqdm_class=cast(Any, partial(_Bar, advance)),
                )
            out.flush()
            os.fsync(out.fileno())

    def _url(self, snapshot: Snapshot, name: str) -> str:
        return f"{self.endpoint}/{snapshot.model}/resolve/{snapshot.commit}/{quote(name)}"

    def _headers(self) -> dict[str, str]:
        # Without compression a byte of the answer is a byte of the file, so that it can be resumed.
        headers = {"user-agent": "greffier", "accept-encoding": "identity"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        return headers

    @contextmanager
    def _plain_errors(self, model: str, revision: str) -> Iterator[None]:
        try:
            yield
        except HfHubHTTPError as error:
            raise ModelError(refusal(error, self.endpoint, model, revision)) from error
        except OfflineModeIsEnabled as error:
            raise ModelError("HF_HUB_OFFLINE forbids it: unset it to pull a model") from error
        except httpx2.HTTPError as error:
            raise ModelError(
                f"the hub {self.endpoint} can't be reached ({type(error).__name__}): check the"
                " network, the proxy and HF_ENDPOINT, then run it again; what has come is kept"
            ) from error
        except (ValidationError, ValueError) as error:
            raise ModelError(
                f"{self.endpoint} doesn't answer as a model hub does: check HF_ENDPOINT"
            ) from error
        except OSError as error:
            if error.errno is not None:
                raise
            # huggingface_hub's way to say that the file came too short or too long.
            raise ModelError(f"a file of {model} came with a wrong size; run it again") from error


class _Bar:
    """As much of tqdm as huggingface_hub uses."""

    def __init__(self, advance: Callable[[int], None], **_: object) -> None:
        self._advance = advance

    def update(self, count: int) -> None:
        self._advance(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass
