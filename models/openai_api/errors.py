"""What /v1 says when it can't: OpenAI's error shape, so that its clients raise the right thing."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from models.base import ModelError, ModelUnavailable
from models.media import MediaTooLong, MediaUnsupported

RETRY_AFTER_SEC = 5


class ApiError(Exception):
    """An answer with an error. `param` is the field that is wrong, `code` is for programs."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.param = param
        self.code = code

    @property
    def body(self) -> dict[str, dict[str, str | None]]:
        """`{"error": {"message", "type", "param", "code"}}`."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        error = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return {"error": error}

    def response(self) -> Response:
        """The answer over HTTP."""
        headers = {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if self.status == 503:
            headers["Retry-After"] = str(RETRY_AFTER_SEC)
        return JSONResponse(self.body, status_code=self.status, headers=headers)


def api_error(error: ModelError) -> ApiError:
    """Say a model's error to a client."""
    match error:
        case MediaTooLong():
            return ApiError(413, str(error), param="file", code="audio_too_long")
        case MediaUnsupported():
            return ApiError(415, str(error), param="file", code="unsupported_media")
        case ModelUnavailable():
            return ApiError(503, str(error), code="unavailable")
        case _:
            return ApiError(400, str(error), param="file", code="invalid_file")
