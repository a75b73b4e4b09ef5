"""What went wrong, as HTTP says it: RFC 9457 problems, one table from error to status."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
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


NOT_HERE = "There is nothing here by this name."


class ParameterError(CallError):
    """A parameter of the request is unknown or wrong; its message is shown to the asker."""


class RepublishedError(CallError):
    """A page was asked for of data that have been published anew."""


class MisdirectedError(CallError):
    """The request names a host that this server does not answer for."""


class UnauthorisedError(CallError):
    """The key that was given opens nothing; never answered as if there had been none."""


class NotAcceptableError(CallError):
    """What was asked for cannot be written in the format asked for."""


class ConflictError(CallError):
    """The same key of a request was used for something else before."""


class TooSlowError(CallError):
    """What was announced did not arrive in time."""


class TooLargeError(CallError):
    """More was sent than is read."""


class UnsupportedError(CallError):
    """The body is of a kind that is not read here."""


class UnprocessableError(CallError):
    """What was sent can be read, but must not or cannot be taken."""


class TooComplexError(UnprocessableError):
    """A question that would take longer than anybody may be kept waiting."""


class UnavailableError(CallError):
    """What is needed to answer safely is not to be had just now."""


class LimitedError(CallError):
    """Asked too often.

    Attributes
    ----------
    retry_after_s : int
        After how many seconds it may be tried again.
    """

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class BusyError(LimitedError):
    """More is being worked out than this server can; nothing is wrong with the question."""


# Only messages that this folder writes are repeated to the asker (detail None): others may
# name a path, a layer or a value that the audience must not see.
PROBLEMS: tuple[tuple[type[Exception], int, str | None], ...] = (
    (ParameterError, 400, None),
    (UnauthorisedError, 401, None),
    (NotAcceptableError, 406, None),
    (TooSlowError, 408, None),
    (ConflictError, 409, None),
    (RepublishedError, 410, None),
    (TooLargeError, 413, None),
    (UnsupportedError, 415, None),
    (MisdirectedError, 421, None),
    (UnprocessableError, 422, None),
    (BusyError, 503, None),
    (LimitedError, 429, None),
    (UnavailableError, 503, None),
    (NotShownError, 404, NOT_HERE),
    (NoSnapshotError, 503, "No snapshot can be opened; `georisk run` publishes one."),
    (CallError, 400, "The request cannot be answered as it stands."),
    (InputError, 500, ""),
    (BrokenError, 500, ""),
    (GeoriskError, 500, ""),
)
_HTTP_DETAILS = {
    404: NOT_HERE,
    405: "This address does not take this method; `Allow` says which.",
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
            said = str(error) if detail is None else detail
            return make_problem(status, said, headers=_write_headers(error))
    return make_problem(500)


def _write_headers(error: Exception) -> dict[str, str]:
    if isinstance(error, LimitedError):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, UnauthorisedError):
        return {"WWW-Authenticate": 'Bearer realm="georisk"'}
    return {}


def _find_title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
