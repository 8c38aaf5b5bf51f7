"""A real HTTP server that speaks the OpenAI protocol, with scripted behaviour."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

import uvicorn


class LlmServer:
    """`answers` are given one after the other, the last for ever: a string is the model's
    content, a number an HTTP status, None a hang."""

    def __init__(self, *answers: str | int | None) -> None:
        self.answers = list(answers)
        self.requests: list[dict] = []
        self.keys: list[str] = []
        self.url = ""

    async def __call__(self, scope, receive, send) -> None:
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = dict(scope["headers"])
        self.keys.append(headers.get(b"authorization", b"").decode())
        self.requests.append({"path": scope["path"], **json.loads(body)})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await receive()  # until the client gives up
            return
        status = answer if isinstance(answer, int) else 200
        message = {"role": "assistant", "content": answer}
        content = json.dumps({"choices": [{"index": 0, "message": message}]}).encode()
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": content if status == 200 else b"no"})


@contextlib.asynccontextmanager
async def serving(*answers: str | int | None) -> AsyncIterator[LlmServer]:
    """The server on a free port of this machine."""
    app = LlmServer(*answers)
    listening = socket.create_server(("127.0.0.1", 0))
    app.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="off", log_level="error", timeout_graceful_shutdown=1)
    )
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server._serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield app
    finally:
        server.should_exit = True
        await task
        listening.close()
