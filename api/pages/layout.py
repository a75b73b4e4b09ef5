"""Any JSON document as parts of a page: facts, tables and lists under headings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.pages.tables import Table, tabulate_rows
from api.pages.words import name_column, write_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DEEPEST = 5
_LONG_LIST = 8
_LEFT_OUT = frozenset({"links"})


@dataclass(frozen=True)
class Part:
    """A part of a page; what it has not is empty.

    Attributes
    ----------
    title : str
    level : int
        Of its heading, from 2.
    facts : tuple of (str, str)
        Names and values.
    table : Table or None
    items : tuple of str
    """

    title: str = ""
    level: int = 2
    facts: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    items: tuple[str, ...] = ()


def lay_out(
    document: Mapping[str, Any], *, title: str = "", level: int = 2,
    left_out: frozenset[str] = _LEFT_OUT,
) -> Iterator[Part]:
    """Lay out a document: its plain values first, then what it holds.

    Parameters
    ----------
    document : dict
    title : str
        Heading of its plain values.
    level : int
        Of the headings.
    left_out : frozenset of str
        Keys that are shown otherwise.

    Examples
    --------
    >>> [part.title for part in lay_out({"status": "done", "sites": [{"id": "a"}], "links": []})]
    ['', 'Sites']
    """
    facts, inner = [], []
    for name, value in document.items():
        if name in left_out:
            continue
        if _is_plain(value):
            facts.append((name_column(name), write_value(value, name=name) or "not known"))
        else:
            inner.append((name, value))
    if facts or title:
        yield Part(title, level, tuple(facts))
    for name, value in inner:
        yield from _lay_out_value(name_column(str(name)), value, min(level + bool(title), 4))


def _is_plain(value: Any) -> bool:  # noqa: ANN401
    if isinstance(value, list):
        return len(value) <= _LONG_LIST and not any(isinstance(it, (dict, list)) for it in value)
    return not isinstance(value, dict)


def _lay_out_value(title: str, value: Any, level: int) -> Iterator[Part]:  # noqa: ANN401
    if level > _DEEPEST or not value:
        yield Part(title, level, (("", "none"),))
    elif isinstance(value, list):
        yield _lay_out_list(title, value, level)
    elif _is_table(value):
        yield Part(title, level, table=tabulate_rows(_turn(value)))
    else:
        yield from lay_out(value, title=title, level=level)


def _lay_out_list(title: str, values: Sequence[Any], level: int) -> Part:
    if all(isinstance(value, dict) for value in values):
        return Part(title, level, table=tabulate_rows(values))
    return Part(title, level, items=tuple(write_value(value) for value in values))


def _is_table(value: Mapping[str, Any]) -> bool:
    """Columns of one length are a table turned on its side."""
    columns = list(value.values())
    if not all(isinstance(column, list) for column in columns):
        return False
    return len(columns) > 1 and len({len(column) for column in columns}) == 1


def _turn(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
