"""The guard at the door: safe headers, one log line, no error text to anybody."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from api.entrance.desk import SEEN_KEY
from api.errors import make_problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.entrance.desk import Desk

_HUNG_UP = 499  # as other servers log a client that went away
LOG = logging.getLogger("georisk.api")
# Maps carry everything they need inside the page: nothing is fetched, framed or sent.
PAGE_POLICY = (
    b"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    b"img-src data: blob:; font-src data:; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'"
)
SAFE_HEADERS = ((b"referrer-policy", b"no-referrer"), (b"x-content-type-options", b"nosniff"))


@dataclass
class _Passage:
    """What is known of one request while it passes; never its path, query or address."""

    scope: Scope
    status: int = 0
    began_s: float = field(default_factory=perf_counter)

    @property
    def is_private(self) -> bool:
        seen = self.scope.get(SEEN_KEY)
        return seen is not None and seen.holder.audience != "public"


class Guard:
    """Pure ASGI middleware around the whole application.

    Parameters
    ----------
    app : ASGIApp
        What it guards.
    desk : Desk
        Where it is written down that a request was answered.

    Notes
    -----
    A log line is the route's template, the status and milliseconds. An unexpected error is
    logged as its type and the line of code: its text may hold what was asked.
    """

    def __init__(self, app: ASGIApp, *, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(scope)

        async def send_guarded(message: Message) -> None:
            await send(_guard_message(message, passage))

        try:
            await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            passage.status = passage.status or _HUNG_UP
        except Exception as error:  # noqa: BLE001 - nothing may escape to a log with its text
            _log_fault(error)
            if passage.status == 0:
                await make_problem(500)(scope, receive, send_guarded)
        finally:
            self._desk.note(scope, passage.status, perf_counter() - passage.began_s)


def _guard_message(message: Message, passage: _Passage) -> Message:
    if message["type"] == "http.response.start":
        passage.status = message["status"]
        headers = [*message["headers"], *SAFE_HEADERS]
        if passage.is_private:
            headers.append((b"cross-origin-resource-policy", b"same-origin"))
        if any(n == b"content-type" and v.startswith(b"text/html") for n, v in headers):
            headers.append((b"content-security-policy", PAGE_POLICY))
        return {**message, "headers": headers}
    return message


def _log_fault(error: Exception) -> None:
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    module = "" if last is None else last.tb_frame.f_globals.get("__name__", "")
    where = "unknown" if last is None else f"{module}:{last.tb_lineno}"
    LOG.error("unexpected %s in %s", type(error).__name__, where)
