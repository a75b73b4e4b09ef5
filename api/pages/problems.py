"""An error as a page: what is wrong, and the question once more, to be put right."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from api.asking.parameters import PARAMETERS
from api.pages.forms import fill_template
from api.pages.surroundings import Surroundings, list_menu, list_steps
from api.pages.words import name_column

if TYPE_CHECKING:
    from collections.abc import Mapping

# What is asked again stands on the page: longer questions would make it too heavy.
_MOST_CHARACTERS = 6_000
_MOST_DETAIL = 2_000
_MOST_STEPS = 6
# A page further on is not the question; the form begins anew.
_DROPPED = frozenset({"token"})
_TITLES = {
    400: "This cannot be answered as it stands", 404: "Nothing here", 406: "Not in this format",
    410: "These data have been published anew", 429: "Asked too often",
    503: "Not just now",
}


def render_problem(
    document: Mapping[str, Any], *, start: str = "/", path: str = "", query: str = ""
) -> bytes:
    """Show a problem (RFC 9457) to a person.

    Parameters
    ----------
    document : dict
        ``status``, ``title`` and perhaps ``detail``.
    start : str
        Where to go on from here, with a slash at its end.
    path, query : str
        What was asked: the page leads back along the path, and asks the query again.
    """
    status = int(document.get("status", HTTPStatus.INTERNAL_SERVER_ERROR))
    base, named = start.rstrip("/"), str(document.get("title", "Error"))
    steps = [part for part in path.split("/") if part][:_MOST_STEPS]
    around = Surroundings(
        title=_TITLES.get(status, named), study="", crumbs=tuple(list_steps(base, steps)),
        menu=list_menu(base), formats=(), audience="", handling="", as_of="", run="",
        synthetic="", notes=(),
    )
    return fill_template(
        "problem.html", around=around, status=status, named=named, start=start,
        detail=str(document.get("detail", ""))[:_MOST_DETAIL],
        action=f"{base}/{'/'.join(quote(step, safe='') for step in steps)}",
        fields=list_fields(query), back=find_collection(steps, base),
        asked=bool(query) and status != HTTPStatus.NOT_FOUND,
    ).encode("utf-8", "replace")


def list_fields(query: str) -> list[dict[str, str]]:
    """List what was asked as fields of a form; names that no address knows are dropped.

    Examples
    --------
    >>> [(it["name"], it["value"]) for it in list_fields("filter=a%20%3E&bogus=1&token=x")]
    [('filter', 'a >')]
    >>> list_fields("filter=" + "x" * 10_000)
    []
    """
    if len(query) > 3 * _MOST_CHARACTERS:
        return []
    given = {name: value for name, value in parse_qsl(query, keep_blank_values=True)
             if name in PARAMETERS and name not in _DROPPED}
    if sum(map(len, given.values())) > _MOST_CHARACTERS:
        return []
    return [{"name": name, "label": name_column(name), "value": value}
            for name, value in given.items()]


def find_collection(steps: list[str], base: str) -> tuple[str, str] | None:
    """Return the address and the name of the collection that a path lies in.

    Examples
    --------
    >>> find_collection(["collections", "gaps", "items"], "")
    ('/collections/gaps', 'Gaps')
    >>> find_collection(["nearest"], "")
    """
    if len(steps) < 3 or steps[0] != "collections":  # noqa: PLR2004 - below a collection
        return None
    return f"{base}/collections/{quote(steps[1], safe='')}", name_column(steps[1])
