"""Expected errors as answers: problem documents, and pages for a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.errors import PROBLEMS, find_problem
from api.pages import render_problem

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request


def install_errors(app: Starlette, *, start: str = "/") -> None:
    """Make every expected error of an application a problem document; for a browser, a page.

    Parameters
    ----------
    app : Starlette
    start : str
        Where such a page leads back to.

    Notes
    -----
    Unexpected ones are caught by `api.entrance.guard.Guard`, outside the framework, which would
    log them with their text.
    """

    async def answer(request: Request, error: Exception) -> Response:
        problem = find_problem(error)
        if not prefers_page(request.headers.get("accept", "")):
            return problem
        asked = request.scope if request.method in {"GET", "HEAD"} else {}
        page = render_problem(
            orjson.loads(bytes(problem.body)), start=start, path=asked.get("path", ""),
            query=asked.get("query_string", b"").decode("latin-1"))
        kept = {name: value for name, value in problem.headers.items()
                if name not in {"content-type", "content-length"}}
        return Response(page, problem.status_code, kept, "text/html; charset=utf-8")

    kinds: list[type[Exception]] = [HTTPException, *(kind for kind, _, _ in PROBLEMS)]
    for kind in kinds:
        app.add_exception_handler(kind, answer)


def prefers_page(accept: str) -> bool:
    """Tell whether whoever asks is a browser: it names pages before anything else.

    Examples
    --------
    >>> prefers_page("text/html,application/xhtml+xml,*/*;q=0.8"), prefers_page("*/*")
    (True, False)
    """
    return accept.lstrip().lower().startswith(("text/html", "application/xhtml+xml"))
