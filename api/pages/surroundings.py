"""What stands around every page: for whom it is, of what day, from which run, what it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from api.pages.words import AUDIENCES, name_column, name_format, read_words
from georisk.marking import Marking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.asking.ask import Ask

_RISK_COLUMNS = frozenset({"risk_class", "risk_score", "evidence", "priority_score"})
_MAIN = (("/", "Start"), ("/collections", "Collections"), ("/nearest", "Nearest"),
         ("/coverage", "Coverage"), ("/corridors", "Corridors"), ("/maps", "Maps"),
         ("/api.html", "API"))
# Only for who sees the corridors.
_ALONG = frozenset({"/nearest", "/coverage", "/corridors"})
_ROWS = frozenset({"items", "item"})
# Below these every step of a path is a page; below others only the first.
_DEEP = frozenset({"collections", "tileMatrixSets"})


@dataclass(frozen=True)
class Surroundings:
    """Frame of a page.

    Attributes
    ----------
    title, study : str
    crumbs, menu, formats : tuple of (address, words)
    audience, handling : str
        For whom; what is not public says who holds it and until when.
    synthetic : str
        The banner, or empty.
    notes : tuple of str
        What a reader could otherwise take from a page that shows classes.
    refresh_s : int
        After how many seconds the page asks again; 0 is never.
    """

    title: str
    study: str
    crumbs: tuple[tuple[str, str], ...]
    menu: tuple[tuple[str, str], ...]
    formats: tuple[tuple[str, str], ...]
    audience: str
    handling: str
    as_of: str
    run: str
    synthetic: str
    notes: tuple[str, ...]
    refresh_s: int = 0


def surround(
    ask: Ask, document: Mapping[str, Any], *, title: str, columns: Sequence[str] = (),
    synthetic: bool | None = None, refresh_s: int = 0,
) -> Surroundings:
    """Put the frame of a page together.

    Parameters
    ----------
    ask : Ask
    document : dict
        What the page shows.
    title : str
    columns : sequence of str
        Columns on the page: classes of risk bring their sentences along.
    synthetic : bool, optional
        Whether what is shown is illustrative; by default whether anything of the run is.
    refresh_s : int
    """
    door, words = ask.room.door, read_words()
    shown = door.synthetic if synthetic is None else synthetic
    return Surroundings(
        title=title,
        study=door.study_name,
        crumbs=tuple(list_steps(ask.base, [part for part in ask.path.split("/") if part])),
        menu=list_menu(ask.base, along="corridors" in ask.room.collections),
        formats=tuple(list_formats(document) or _list_doorway(ask)),
        audience=AUDIENCES[door.audience],
        handling=_tell_handling(ask),
        as_of=words.say("as_of", date=door.as_of.isoformat()),
        run=words.say("run", run=door.run_id),
        synthetic=words["synthetic_banner"] if shown else "",
        notes=(*_tell_caveat(ask), *list_notes(columns)),
        refresh_s=refresh_s,
    )


def list_notes(columns: Sequence[str]) -> tuple[str, ...]:
    """Sentences that belong beside classes of risk; none where none are shown.

    Examples
    --------
    >>> list_notes(("risk_class",))[1]
    'Robbery, kidnapping and sexual violence are not measured here.'
    >>> list_notes(("name",))
    ()
    """
    if not _RISK_COLUMNS & set(columns):
        return ()
    keys = ("note_deaths", "note_not_measured", "note_little_known", "note_not_for_routes")
    return tuple(read_words()[key] for key in keys)


def _tell_caveat(ask: Ask) -> tuple[str, ...]:
    """What must be known beside rows that were worked out; documents with a note have it there."""
    name = ask.names.get("collection", "")
    worked_out = ask.doorway.page in _ROWS and ask.room.spec(name).role == "result"
    return (ask.room.door.caveat,) if worked_out and ask.room.door.caveat else ()


def list_formats(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Addresses of the same document in other formats, as its own links say."""
    links = document.get("links") or []
    return [
        (link["href"], name_format(link.get("type", "")))
        for link in links
        if link.get("rel") == "alternate" and not link.get("type", "").startswith("text/html")
    ]


def _tell_handling(ask: Ask) -> str:
    door = ask.room.door
    if door.audience == "public":
        return ""
    marking = Marking.restrict(door.today, holder=ask.holder.name, synthetic=door.synthetic)
    return f"{door.audience}: {marking.holder}, until {marking.expires.isoformat()}"


def _list_doorway(ask: Ask) -> list[tuple[str, str]]:
    """Addresses in other formats where a document has no links of its own."""
    from api.asking.ask import FORMATS

    # Without a page of its own it is none of our documents: the API's description.
    formats = ask.doorway.formats if ask.doorway.page else ()
    return [(f"{ask.base}{quote(ask.path)}?{ask.write_query(f=name)}", name_format(FORMATS[name]))
            for name in formats if name != "html"]


def list_menu(base: str, *, along: bool = False) -> tuple[tuple[str, str], ...]:
    """Where every page leads: addresses and words.

    Parameters
    ----------
    base : str
        Address of the server, without a slash at the end.
    along : bool
        Whether there are corridors to be asked about.

    Examples
    --------
    >>> [text for _, text in list_menu("")]
    ['Start', 'Collections', 'Maps', 'API']
    """
    return tuple((base + path, text) for path, text in _MAIN if along or path not in _ALONG)


def list_steps(base: str, steps: Sequence[str]) -> list[tuple[str, str]]:
    """Where a page lies: the steps of its path that have pages of their own.

    Examples
    --------
    >>> list_steps("", ["collections", "gaps", "items"])[1:]
    [('/collections', 'Collections'), ('/collections/gaps', 'Gaps')]
    """
    crumbs = [(f"{base}/", "Start")] if steps else []
    for depth, step in enumerate(steps[:-1]):
        if depth == 0 or steps[0] in _DEEP:
            path = "/".join((base, *(quote(it, safe="") for it in steps[: depth + 1])))
            crumbs.append((path, name_column(step)))
    return crumbs
