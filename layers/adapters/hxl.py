"""HXL: tables of humanitarian organisations with a row of hashtags (#org, #adm1+name, #geo+lat)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from layers.adapters.choosing import find_sheets
from layers.adapters.filling import blame_columns, fill_layer
from layers.adapters.naming import Claims, list_targets, load_names, show_headings
from layers.readers.grids import read_grids
from layers.sources import RECORD, Adapter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from layers.sources import Grid, Haul, Sample, Wanted
    from layers.spec import LayerSpec

HEAD_ROWS = 25
_TAG = re.compile(r"\s*#[a-z][a-z0-9_]*(\s*\+\s*[a-z][a-z0-9_]*)*\s*\+?\s*", re.IGNORECASE)
_ENOUGH = 0.5
_MAX_TOLD = 12
_MAX_CELL = 200
_ASIDE = ("_country", "_place", "_lat_lon", "_wkt", "_cause")


@dataclass(frozen=True)
class Tagged:
    """A table whose columns carry hashtags.

    Attributes
    ----------
    name : str
        Sheet, or key of a JSON file.
    columns : tuple
        One `hxl.model.Column` for each column of the grid.
    table : DataFrame
        Text cells under headings that are unique ("#adm1+name", "#adm1+name 2", "column 3").
    notes : tuple of str
    """

    name: str
    columns: tuple[Any, ...]
    table: pd.DataFrame
    notes: tuple[str, ...]


def recognise_hxl(sample: Sample) -> str:
    """Say that one of a file's first rows, or its keys, are HXL hashtags."""
    rows = [*sample.rows[:HEAD_ROWS], tuple(sample.keys)]
    for row in rows:
        tags = [cell.strip() for cell in row if _TAG.fullmatch(cell[:_MAX_CELL])]
        if tags and len(tags) >= _ENOUGH * sum(bool(cell.strip()) for cell in row):
            return f"a row of HXL hashtags ({' '.join(sorted(tags)[:3])} ...)"
    return ""


def read_hxl(path: Path, wanted: Wanted) -> Haul:
    """Read a tagged table; columns go by their hashtags, whatever their headings say.

    Raises
    ------
    LayerError
        If no row of hashtags is found, or the tags say too little for the layer.
    ValueError
        If the file cannot be read.
    """
    grids = read_grids(path)
    with blame_columns(wanted.spec, path.name):
        return _read_best(grids, wanted, path.name)


def _read_best(grids: tuple[Grid, ...], wanted: Wanted, file: str) -> Haul:
    tagged = [found for found in map(read_tagged, find_sheets(grids, wanted.sheet)) if found]
    if not tagged:
        raise ValueError(f"no row of HXL hashtags among the first {HEAD_ROWS} rows")
    claims, faults = {}, {}
    for number, candidate in enumerate(tagged):
        try:
            claims[number] = claim_tags(candidate, wanted.spec, wanted.columns)
        except ValueError as error:
            faults[number] = error
    if not claims:
        raise faults[0]
    best = max(claims, key=lambda number: (len(claims[number].taken), -number))
    chosen, notes = tagged[best], _tell_sheets(grids, tagged, best)
    if not len(chosen.table):
        raise ValueError("no rows below the row of hashtags")
    return _fill(chosen, claims[best], wanted, file=file, notes=notes)


def _fill(
    chosen: Tagged, claims: Claims, wanted: Wanted, *, file: str, notes: Sequence[str]
) -> Haul:
    try:
        return fill_layer(chosen.table, wanted, file=file, notes=(*notes, *chosen.notes),
                          claims=claims)
    except ValueError as error:
        if not str(error).startswith("no column gives "):
            raise
        lack = str(error).removeprefix("no column gives ").partition(";")[0]
        lack, _, layer = lack.rpartition(" for ")
        shown = show_headings([c.display_tag for c in chosen.columns if c.tag])
        shown = shown.replace(", ", " ")
        raise ValueError(f"HXL tags {shown}: none gives {lack}, which {layer} needs") from error


def _tell_sheets(grids: tuple[Grid, ...], tagged: list[Tagged], best: int) -> list[str]:
    if len(grids) == 1:
        return []
    others = [f"{other.name!r} ({len(other.table)} rows)"
              for number, other in enumerate(tagged) if number != best]
    untagged = len(grids) - len(tagged)
    others += [f"{untagged} without hashtags"] if untagged else []
    told = f"; not read: {', '.join(others[:_MAX_TOLD])}" if others else ""
    return [f"sheet {tagged[best].name!r} read{told}"]


def read_tagged(grid: Grid) -> Tagged | None:
    """Find the row of hashtags of a grid; None without one.

    Examples
    --------
    >>> from layers.sources import Grid
    >>> cells = pd.DataFrame([["Org", "Province"], ["#org", "#adm1"], ["Org X", "Coast"]])
    >>> found = read_tagged(Grid("", cells))
    >>> found.table["#adm1"].tolist(), found.table["_record"].tolist()
    (['Coast'], [3])
    """
    head = grid.cells.head(HEAD_ROWS).fillna("").astype("str")
    for number, row in enumerate(head.itertuples(index=False, name=None)):
        columns = parse_tags(row)
        if columns:
            return _cut(grid, number, columns)
    return None


def parse_tags(row: Iterable[str]) -> tuple[Any, ...]:
    """Hashtags of a row, as libhxl reads them; empty if fewer than half of its cells are some.

    Examples
    --------
    >>> [column.display_tag for column in parse_tags(["", "#org", "#ADM1 +name"])]
    ['', '#org', '#adm1+name']
    >>> parse_tags(["Org X", "Coast", "#4"])
    ()
    """
    cells = [cell.strip() for cell in row]
    tags = [cell if len(cell) <= _MAX_CELL and _TAG.fullmatch(cell) else "" for cell in cells]
    filled = sum(map(bool, cells))
    if not filled or sum(map(bool, tags)) < _ENOUGH * filled:
        return ()
    from hxl.model import Column

    # libhxl writes cells that are no hashtags to the log: it gets none.
    return tuple(Column.parse_list(tags) or ())


def _cut(grid: Grid, number: int, columns: tuple[Any, ...]) -> Tagged:
    names: list[str] = []
    again: Counter[str] = Counter()
    for place, column in enumerate(columns, start=1):
        name = column.display_tag or f"column {place}"
        again[name] += 1
        names.append(name if again[name] == 1 else f"{name} {again[name]}")
    body = grid.cells.iloc[number + 1:].fillna("").astype("str")
    body = body.set_axis(names, axis=1).apply(lambda values: values.str.strip())
    filled = body.ne("").any(axis=1)
    record = pd.Series(range(len(body)), index=body.index) + grid.first_record + number + 1
    table = body.assign(**{RECORD: record})[filled].reset_index(drop=True)
    told = f"hashtags in row {grid.first_record + number}"
    empty = [column.display_tag == "" and not table[name].eq("").all()
             for column, name in zip(columns, names, strict=True)]
    more = (f"columns without a hashtag: {sum(empty)}",) if any(empty) else ()
    return Tagged(grid.name, columns, table, (*grid.notes, told, *more))


def list_patterns(spec: LayerSpec) -> dict[str, tuple[str, ...]]:
    """HXL tag patterns of each column of a layer: the one of its spec, then those of names.toml.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> list_patterns(find_spec("shelters"))["admin1"]
    ('#adm1+name', '#adm1')
    """
    names = load_names()
    patterns = {}
    for target in list_targets(spec):
        column = spec.columns.get(target)
        own = (column.hxl,) if column and column.hxl else ()
        more = names[target].hxl if target in names else ()
        if own or more:
            patterns[target] = tuple(dict.fromkeys((*own, *more)))
    return patterns


def claim_tags(tagged: Tagged, spec: LayerSpec, stated: Mapping[str, str]) -> Claims:
    """Decide which tagged column fills which column of a layer.

    A tag fits a pattern if it has all the pattern's attributes. The study's word comes first; then
    each column of the layer takes the first of its patterns that a free tag fits. Where a column
    names contacts, the phone beside it is a person's and is not read.

    Raises
    ------
    ValueError
        If two tags fit the same pattern, or the study names a tag that is not there.
    """
    headings = [str(name) for name in tagged.table if name != RECORD]
    taken = _take_stated(headings, list_targets(spec), stated)
    patterns = list_patterns(spec)
    ranked = sorted(
        ((target.startswith("_"), rank, -pattern.count("+"), target, pattern)
         for target, found in patterns.items() for rank, pattern in enumerate(found)),
    )
    for _, _, _, target, pattern in ranked:
        if target not in taken:
            fit = _find_fit(tagged, headings, pattern, taken)
            if len(fit) > 1 and target not in _ASIDE:
                raise ValueError(f"HXL columns {' and '.join(fit)} both stand for {target}: say "
                                 f'which in the study, columns = {{ {target} = "..." }}')
            if fit:
                taken[target] = fit[0]
    if {"lon", "lat"} <= set(taken):
        taken = {k: v for k, v in taken.items() if k not in {"_lat_lon", "_wkt"}}
    if "phone" not in stated and _names_contacts(tagged):
        taken.pop("phone", None)
    places = (taken.pop("_place"),) if "_place" in taken else ()
    used = {*taken.values(), *places}
    return Claims(taken, places, tuple(name for name in headings if name not in used))


def _names_contacts(tagged: Tagged) -> bool:
    return any(column.tag == "#contact" and {"name", "person"} & set(column.attributes)
               for column in tagged.columns)


def _take_stated(
    headings: list[str], targets: tuple[str, ...], stated: Mapping[str, str]
) -> dict[str, str]:
    taken = {}
    for column, name in stated.items():
        tag = name.replace(" ", "").lower()
        found = [heading for heading in headings if tag in {heading, heading.replace(" ", "")}]
        if column not in targets or not found:
            raise ValueError(f"columns: {column} = {name!r}: no such tag or column; "
                             f"it has: {show_headings(headings)}")
        taken[column] = found[0]
    return taken


def _find_fit(
    tagged: Tagged, headings: list[str], pattern: str, taken: Mapping[str, str]
) -> list[str]:
    from hxl.model import TagPattern

    wanted = TagPattern.parse(pattern)
    return [
        heading for heading, column in zip(headings, tagged.columns, strict=True)
        if column.tag and wanted.match(column) and heading not in taken.values()
    ]


ADAPTER = Adapter("hxl", (), recognise_hxl, read_hxl)
