"""`python -m tests.e2e.fake_asr SOCKET`: speaks the wire protocol, hears a word each 0.4 s.

For machines without a model: what is tested is the way of the data, not the words.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models.base import SAMPLE_RATE

WORD_SEC = 0.4


async def recognise(request: Request) -> Response:
    await request.body()
    seconds = int(request.query_params["until"]) / SAMPLE_RATE
    words = [f"mot{n}" for n in range(1, max(int(seconds / WORD_SEC), 1) + 1)]
    query = request.query_params
    final = query["kind"] == "final"
    return JSONResponse(
        {
            "utterance_id": query["utterance_id"],
            "kind": query["kind"],
            "text": " ".join(words),
            "language": query.get("language", "fr"),
            "words": [
                {
                    "text": word,
                    "start_sec": n * WORD_SEC,
                    "end_sec": (n + 1) * WORD_SEC,
                    "probability": 0.9,
                }
                for n, word in enumerate(words)
            ]
            if final
            else [],
            "avg_logprob": -0.1,
            "no_speech_prob": 0.0,
        }
    )


async def health(_: Request) -> Response:
    return JSONResponse({"state": "ready"})


async def load(_: Request) -> Response:
    return JSONResponse({"queued": 0, "busy": 0, "headroom": 1.0})


def main() -> None:
    routes = [
        Route("/recognise", recognise, methods=["POST"]),
        Route("/health", health),
        Route("/load", load),
    ]
    uvicorn.run(Starlette(routes=routes), uds=sys.argv[1], log_level="warning")


if __name__ == "__main__":
    main()
