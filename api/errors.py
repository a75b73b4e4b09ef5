"""What went wrong, as HTTP says it: RFC 9457 problems, one table from error to status."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from layers.errors import (
    BrokenError,
    CallError,
    GeoriskError,
    InputError,
    NoSnapshotError,
    NotShownError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

NOT_HERE = "There is nothing here by this name."


class ParameterError(CallError):
    """A parameter of the request is unknown or wrong; its message is shown to the asker."""


class RepublishedError(CallError):
    """A page was asked for of data that have been published anew."""


class MisdirectedError(CallError):
    """The request names a host that this server does not answer for."""


# Only messages that this folder writes are repeated to the asker (detail None): others may
# name a path, a layer or a value that the audience must not see.
PROBLEMS: tuple[tuple[type[Exception], int, str | None], ...] = (
    (ParameterError, 400, None),
    (RepublishedError, 410, None),
    (MisdirectedError, 421, None),
    (NotShownError, 404, NOT_HERE),
    (NoSnapshotError, 503, "No snapshot can be opened; `georisk run` publishes one."),
    (CallError, 400, "The request cannot be answered as it stands."),
    (RequestValidationError, 400, "The request cannot be answered as it stands."),
    (InputError, 500, ""),
    (BrokenError, 500, ""),
    (GeoriskError, 500, ""),
)
_HTTP_DETAILS = {
    404: NOT_HERE,
    405: "Only reading is possible here: use GET or HEAD.",
}


def make_problem(
    status: int, detail: str = "", *, headers: Mapping[str, str] | None = None
) -> Response:
    """Write an ``application/problem+json`` answer (RFC 9457); it is never cached.

    Examples
    --------
    >>> make_problem(404, "Nothing here.").body
    b'{"type":"about:blank","title":"Not Found","status":404,"detail":"Nothing here."}'
    """
    body: dict[str, Any] = {"type": "about:blank", "title": _find_title(status), "status": status}
    if detail:
        body["detail"] = detail
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type="application/problem+json",
        headers={**(headers or {}), "Cache-Control": "no-store"},
    )


def find_problem(error: Exception) -> Response:
    """Turn an error into its answer; what the table does not know is our fault, in silence."""
    if isinstance(error, HTTPException):
        known = _HTTP_DETAILS.get(error.status_code, "")
        return make_problem(error.status_code, known, headers=error.headers)
    for kind, status, detail in PROBLEMS:
        if isinstance(error, kind):
            return make_problem(status, str(error) if detail is None else detail)
    return make_problem(500)


def install_errors(app: FastAPI) -> None:
    """Make every expected error of an application a problem document.

    Unexpected ones are caught by `api.guard.Guard`, outside the framework, which would log them
    with their text.
    """

    async def answer(_request: Request, error: Exception) -> Response:
        return find_problem(error)

    kinds: list[type[Exception]] = [HTTPException, *(kind for kind, _, _ in PROBLEMS)]
    for kind in kinds:
        app.add_exception_handler(kind, answer)


def _find_title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
