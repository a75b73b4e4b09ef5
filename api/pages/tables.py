"""Tables of a page: what stands in the heading, what in the cells, what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.pages.words import find_class, name_column, write_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.spec import LayerSpec

MOST_COLUMNS = 8
MOST_ROWS = 1_000
_MOST_ITEMS = 4
_FEATURED = ("name", "risk_class", "evidence", "services", "words")
# Of a place where people seek help: whether it is there, and whom to ask.
_CALLED = ("name", "services", "opens", "months", "admits", "phone", "last_verified")
_UNSAFE_IN_CSS = re.compile(r"[^\w ()/%.,°-]")


@dataclass(frozen=True)
class Heading:
    """Head of a column: its name, how it reads, what it means."""

    name: str
    text: str
    meaning: str = ""
    is_number: bool = False
    is_day: bool = False

    @property
    def css(self) -> str:
        """The text as it may stand in a style sheet: letters, digits and a few signs.

        Examples
        --------
        >>> Heading("a", 'Km"}</style>').css
        'Km   /style '
        """
        return _UNSAFE_IN_CSS.sub(" ", self.text)


@dataclass(frozen=True)
class Cell:
    """One value; ``shade`` is the number of a risk class, ``href`` where it leads."""

    text: str
    shade: str = ""
    href: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under headings; ``more`` are headings without room on the page."""

    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: tuple[Heading, ...] = ()
    left_out: int = 0


def find_unshown(spec: LayerSpec) -> frozenset[str]:
    """Columns that stand on no page.

    That rows are synthetic, or places changed since, is said once, in a banner; a score for
    ranking never stands beside one of risk (SAFETY): its band of ranks does.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> sorted(find_unshown(find_spec("segments"))), sorted(find_unshown(find_spec("routes")))
    (['priority_score', 'synthetic'], ['synthetic'])
    """
    beside_risk = {"priority_score"} if "risk_score" in spec.columns else set()
    return frozenset({"synthetic", "caveat", *beside_risk} & set(spec.columns))


def list_headings(spec: LayerSpec) -> tuple[Heading, ...]:
    """Headings of a layer: the id, then its columns."""
    columns = [
        Heading(name, name_column(name, it.unit), it.meaning, it.dtype in {"number", "integer"},
                it.dtype == "date")
        for name, it in spec.columns.items()
    ]
    return (Heading(spec.id, name_column(spec.id), "Id of the feature"), *columns)


def tabulate_features(
    features: Sequence[Mapping[str, Any]], spec: LayerSpec, *, base: str,
    asked: Sequence[str] | None = None,
) -> Table:
    """Lay out a page of features: its first cell leads to the feature's own page.

    A feature that has a name is headed by it.

    Parameters
    ----------
    features : sequence of GeoJSON features
    spec : LayerSpec
        As shown to the audience.
    base : str
        Address of the features' pages, with a slash at its end.
    asked : sequence of str, optional
        Columns that were asked for; by default those that say most.
    """
    rows = features[:MOST_ROWS]
    unshown = find_unshown(spec)
    columns = [heading for heading in list_headings(spec)[1:] if heading.name not in unshown]
    chosen = set(asked) if asked is not None else (
        set(_CALLED) if spec.role == "facility" else choose_columns(rows, columns))
    shown = [heading for heading in columns if heading.name in chosen]
    more = [heading for heading in columns if heading.name not in chosen]
    first = Heading(spec.id, name_column(spec.id), "Id of the feature")
    if shown and shown[0].name == "name":
        first, shown = shown[0], shown[1:]
    return Table(
        (first, *shown),
        tuple((_link(feature, first.name, base), *_write_row(feature, shown, spec))
              for feature in rows),
        tuple(more),
        len(features) - len(rows),
    )


def choose_columns(
    features: Sequence[Mapping[str, Any]], columns: Sequence[Heading]
) -> set[str]:
    """Columns that say most: a name, a class, what is offered; then the first that hold anything.

    Examples
    --------
    >>> rows = [{"properties": {"a": None, "b": 1, "name": "x"}}]
    >>> sorted(choose_columns(rows, [Heading(name, name) for name in ("a", "b", "name")]))
    ['b', 'name']
    """
    filled = {
        name for feature in features for name, value in feature["properties"].items()
        if value not in (None, "", [])
    }
    names = [heading.name for heading in columns if heading.name in filled]
    if len(names) <= MOST_COLUMNS:
        return set(names)
    first = [name for name in names if name in _FEATURED]
    return set([*first, *(name for name in names if name not in first)][:MOST_COLUMNS])


def _link(feature: Mapping[str, Any], name: str, base: str) -> Cell:
    from urllib.parse import quote

    text = feature["properties"].get(name) or feature["id"]
    return Cell(str(text), href=f"{base}{quote(str(feature['id']), safe='')}")


def _write_row(
    feature: Mapping[str, Any], headings: Sequence[Heading], spec: LayerSpec
) -> list[Cell]:
    values = feature["properties"]
    return [
        Cell(write_value(_shorten(values.get(it.name)), spec.columns.get(it.name), it.name)
             or ("not known" if it.name == "phone" else ""),
             find_class(it.name, values.get(it.name)))
        for it in headings
    ]


def _shorten(value: Any) -> Any:  # noqa: ANN401
    """The first of many items; all of them stand on the feature's own page.

    Examples
    --------
    >>> _shorten(["a", "b", "c", "d", "e"])
    ['a', 'b', 'c', 'and 2 more']
    """
    if not isinstance(value, list) or len(value) <= _MOST_ITEMS:
        return value
    kept = value[: _MOST_ITEMS - 1]
    return [*kept, f"and {len(value) - len(kept)} more"]


def tabulate_rows(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Lay out plain rows; a link in a row leads on from its first cell.

    Examples
    --------
    >>> table = tabulate_rows([{"id": "a", "km": 1.5, "links": [{"href": "/a"}]}])
    >>> [heading.text for heading in table.headings], table.rows[0][0].href
    (['Id', 'km'], '/a')
    """
    shown = rows[:MOST_ROWS]
    listed = dict.fromkeys(name for row in shown for name in row if name != "links")
    names = [name for name in listed if any(row.get(name) not in (None, "", []) for row in shown)]
    headings = tuple(
        Heading(name, name_column(name), is_number=_are_numbers([row.get(name) for row in shown]))
        for name in names
    )
    cells = [
        [Cell(_summarise(row.get(name), name), find_class(name, row.get(name))) for name in names]
        for row in shown
    ]
    for row, written in zip(shown, cells, strict=True):
        links = row.get("links") or []
        if links and written:
            written[0] = Cell(written[0].text or "open", written[0].shade, links[0]["href"])
    return Table(headings, tuple(map(tuple, cells)), left_out=len(rows) - len(shown))


def _are_numbers(values: list[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in known
    )


def _summarise(value: Any, name: str) -> str:  # noqa: ANN401
    if isinstance(value, dict) and isinstance(value.get("en"), str):
        return str(value["en"])
    if isinstance(value, dict) and isinstance(value.get("properties"), dict):
        return ", ".join(map(str, value["properties"]))
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return f"{len(value)} entries"
    return write_value(value, name=name)
