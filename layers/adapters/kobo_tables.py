"""The tables of a KoboToolbox export: submissions, and one table for each repeat group."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.readers.headers import find_table, fold_name
from layers.sources import RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layers.sources import Grid

Row = dict[str, str]
INDEX, PARENT_INDEX, PARENT = "_index", "_parent_index", "_parent_table_name"
SUBMISSION = "_submission__id"
# Lists of objects in an answer of the API that are no repeat groups.
_NO_REPEATS = frozenset({"_attachments", "_notes", "_tags", "_validation_status",
                         "_supplementalDetails", "_geolocation"})
_MARKS = frozenset({"id", "uuid", "index", "parent_index", "parent_table_name", "submission_id",
                    "submission_uuid", "submission_time", "validation_status", "tags", "notes",
                    "status", "submitted_by", "version"})
_MAX_LEVELS = 8


@dataclass(frozen=True)
class Form:
    """A form's answers.

    Attributes
    ----------
    main : str
        Name of the table of submissions.
    tables : mapping of str to DataFrame
        Text cells; columns ``_index`` and, for repeats, ``_parent_index`` and
        ``_parent_table_name``.
    notes : tuple of str
    """

    main: str
    tables: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = ()

    @property
    def repeats(self) -> tuple[str, ...]:
        """Names of the repeat groups."""
        return tuple(name for name in self.tables if name != self.main)


def read_grid_form(grids: Sequence[Grid]) -> Form:
    """Read a CSV or XLSX export.

    Raises
    ------
    ValueError
        If no sheet holds submissions.
    """
    tables: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    for grid in grids:
        try:
            table, told = find_table(grid, known=_MARKS)
        except ValueError:
            notes.append(f"sheet {grid.name!r} holds no table")
            continue
        tables[grid.name] = table
        notes += [note for note in (*grid.notes, *told) if note not in notes]
    main = next((name for name, table in tables.items() if not is_repeat(table)), None)
    if main is None:
        raise ValueError("no sheet of submissions: only repeat groups, or nothing at all")
    return Form(main, tables, tuple(notes))


def is_repeat(table: pd.DataFrame) -> bool:
    """Whether a sheet holds the rows of a repeat group."""
    return bool({PARENT_INDEX, PARENT, SUBMISSION} & set(table.columns))


def read_record_form(records: Sequence[Mapping[str, Any]]) -> Form:
    """Read the records of the API: nested lists become tables of their own.

    Examples
    --------
    >>> form = read_record_form([{"_id": 7, "g/name": "A", "kin": [{"kin/age": 3}, {}]}])
    >>> form.tables["kin"][["kin/age", "_parent_index"]].to_dict("list")
    {'kin/age': ['3', ''], '_parent_index': ['1', '1']}
    """
    rows: dict[str, list[Row]] = {"": []}
    for record in records:
        _flatten(record, "", {}, rows)
    tables = {name: pd.DataFrame(found).fillna("").astype("str") for name, found in rows.items()}
    for table in tables.values():
        table[RECORD] = range(1, len(table) + 1)
    return Form("", tables)


def _flatten(
    record: Mapping[str, Any], name: str, link: dict[str, str], rows: dict[str, list[Row]]
) -> None:
    found = rows.setdefault(name, [])
    index = str(len(found) + 1)
    row = {INDEX: index, **link}
    found.append(row)
    for key, value in record.items():
        if _is_repeat_list(key, value):
            child = key.rsplit("/", 1)[-1]
            child = child if child != name else key
            for item in value:
                _flatten(item, child, {PARENT_INDEX: index, PARENT: name}, rows)
        else:
            row.setdefault(str(key), write_answer(value))


def _is_repeat_list(key: str, value: object) -> bool:
    return (key not in _NO_REPEATS and isinstance(value, list) and bool(value)
            and all(isinstance(item, dict) for item in value))


def write_answer(value: object) -> str:
    """One answer as text; several choices are joined by ``;``.

    Examples
    --------
    >>> write_answer([14.5, -90.25]), write_answer(True), write_answer(None)
    ('14.5;-90.25', 'true', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return ";".join(write_answer(item) for item in value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def pick_rows(form: Form, sheet: str) -> tuple[pd.DataFrame, frozenset[str], list[str]]:
    """Rows to read: the submissions, or one repeat group with the fields of its parents.

    Returns
    -------
    table : DataFrame
    own : frozenset of str
        Columns that are the rows' own, not those of a parent.
    notes : list of str

    Raises
    ------
    ValueError
        If no table has the name of `sheet`.
    """
    name = form.main
    if sheet:
        same = [known for known in form.tables if fold_name(known) == fold_name(sheet)]
        if not same:
            names = ", ".join(repr(known) for known in form.repeats) or "none"
            raise ValueError(f"no repeat group {sheet!r}; there are: {names}")
        name = same[0]
    notes = [
        f"repeat group {other!r}: {len(form.tables[other])} rows, not read; for one row each, "
        f"read the sheet {other!r}" for other in form.repeats if other != name
    ]
    table = form.tables[name]
    own = frozenset(map(str, table.columns))
    if name == form.main:
        return table, own, notes
    joined, orphans = join_parents(form, name)
    notes.insert(0, f"one row for each {name!r}, with the answers of its submission")
    if orphans:
        notes.insert(1, f"{orphans} rows of {name!r} have no submission in the file")
    return joined, own, notes


def join_parents(form: Form, name: str) -> tuple[pd.DataFrame, int]:
    """A repeat group with its parents' answers beside it, and how many rows have no parent."""
    table, orphans = form.tables[name], 0
    link, seen = table, {name}
    for _ in range(_MAX_LEVELS):
        parent = _find_parent(form, link, seen)
        if parent is None:
            break
        seen.add(parent)
        above, missing = _fetch_parent(link, form.tables[parent])
        orphans = max(orphans, missing)
        taken = set(table.columns)
        label = parent or "submission"
        fresh = above.drop(columns=[INDEX, RECORD], errors="ignore")
        fresh = fresh.rename(columns={c: f"{label}/{c}" for c in fresh if c in taken})
        fresh = fresh.drop(columns=[c for c in fresh if c in taken])
        table = pd.concat([table, fresh], axis=1)
        link = above
    return table, orphans


def _find_parent(form: Form, link: pd.DataFrame, seen: set[str]) -> str | None:
    if form.main in seen or not is_repeat(link):
        return None
    named = link[PARENT].dropna() if PARENT in link else pd.Series(dtype="str")
    stated = [str(name) for name in named.unique() if str(name) in form.tables]
    parent = stated[0] if len(stated) == 1 else form.main
    return None if parent in seen else parent


def _fetch_parent(link: pd.DataFrame, parent: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    if PARENT_INDEX in link and INDEX in parent:
        keys, known = link[PARENT_INDEX], parent[INDEX]
    elif SUBMISSION in link and "_id" in parent:
        keys, known = link[SUBMISSION], parent["_id"]
    elif PARENT_INDEX in link:
        keys = link[PARENT_INDEX]
        known = pd.Series([str(k + 1) for k in range(len(parent))], index=parent.index)
    else:
        keys, known = pd.Series("", index=link.index), pd.Series("", index=parent.index)
    rows = parent.drop(columns=RECORD, errors="ignore").astype("str")
    unique = rows[~known.duplicated() & (known.astype("str") != "")]
    labels = known[unique.index].astype("str")
    found = unique.set_axis(labels, axis=0).reindex(keys.astype("str"))
    missing = int((~keys.astype("str").isin(labels)).sum())
    return found.set_axis(link.index, axis=0).fillna(""), missing
