"""A hub's refusals in one line each."""

from __future__ import annotations

from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RevisionNotFoundError


def refusal(error: HfHubHTTPError, endpoint: str, model: str, revision: str) -> str:
    """What the hub said, and what to do next; never a header or a token."""
    status = error.response.status_code
    if isinstance(error, RevisionNotFoundError):
        return f"{model} has no revision {revision!r} on {endpoint}; leave --revision out for main"
    if isinstance(error, GatedRepoError) or status == 403:
        return f"{endpoint} keeps {model} for some: accept its terms on its page, and set HF_TOKEN"
    # Hubs answer 401 for a model that doesn't exist too, so that private ones can't be guessed.
    if status in (401, 404):
        return (
            f"{endpoint} has no model {model} at {revision!r}: check the spelling;"
            " if it is private, set HF_TOKEN"
        )
    return f"{endpoint} answered {status} about {model}; try again later"
