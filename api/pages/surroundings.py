"""What stands around every page: for whom it is, of what day, from which run, what it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.pages.words import AUDIENCES, name_column, name_format, read_words
from georisk.marking import Marking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.answers import Ask

_RISK_COLUMNS = frozenset({"risk_class", "risk_score", "evidence", "priority_score"})
_MAIN = (("/", "Start"), ("/collections", "Collections"), ("/corridors", "Corridors"),
         ("/maps", "Maps"), ("/api.html", "API"))
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
        crumbs=tuple(_list_crumbs(ask)),
        menu=tuple((ask.base + path, text) for path, text in _MAIN
                   if path != "/corridors" or "corridors" in ask.room.collections),
        formats=tuple(list_formats(document)),
        audience=AUDIENCES[door.audience],
        handling=_tell_handling(ask),
        as_of=words.say("as_of", date=door.as_of.isoformat()),
        run=words.say("run", run=door.run_id),
        synthetic=words["synthetic_banner"] if shown else "",
        notes=list_notes(columns),
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


def _list_crumbs(ask: Ask) -> list[tuple[str, str]]:
    """Where this page lies: the steps of its path that have pages of their own."""
    parts = [part for part in ask.path.split("/") if part]
    crumbs = [(f"{ask.base}/", "Start")] if parts else []
    for depth, part in enumerate(parts[:-1]):
        if depth == 0 or parts[0] in _DEEP:
            path = "/".join((ask.base, *parts[: depth + 1]))
            crumbs.append((path, name_column(part)))
    return crumbs
