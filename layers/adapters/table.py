"""Any table or geographic file whose columns have names that georisk or the study knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.adapters.choosing import find_sheets
from layers.adapters.filling import blame_columns, fill_layer, list_headings
from layers.adapters.naming import claim_columns, list_known
from layers.readers.grids import read_grids
from layers.readers.headers import find_table, fold_name
from layers.sources import Adapter

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from layers.sources import Grid, Haul, Sample, Wanted

GRID_FORMATS = frozenset({"csv", "text", "xlsx", "xls", "ods", "json", "zip"})
VECTOR_FORMATS = frozenset({"geojson", "geojsonseq", "gpkg", "shp", "kml", "kmz", "gpx", "fgb",
                            "parquet"})
_LINES = frozenset({"LineString", "Polygon", "Geometry"})
_MAX_TOLD = 12
Found = tuple[str, "pd.DataFrame", tuple[str, ...]]


def recognise_table(sample: Sample) -> str:
    """Say that a file is a table of some kind; every upstream of its own comes first."""
    if sample.format in VECTOR_FORMATS:
        return f"a geographic file ({sample.format})"
    return f"a table ({sample.format})" if sample.format in GRID_FORMATS else ""


def read_table(path: Path, wanted: Wanted) -> Haul:
    """Read a table or geographic file by the names of its columns.

    Of several sheets or layers the one is read that `Wanted.sheet` names, or else the one with
    the most columns that the layer knows; the others are told with their number of rows.

    Raises
    ------
    LayerError
        If the columns say too little for the layer, or two claim the same.
    ValueError
        If the file cannot be read.
    """
    from layers.readers.formats import sniff_format

    found = sniff_format(path)
    if found in VECTOR_FORMATS:
        name, table, notes = _pick_layer(path, wanted)
    elif found in GRID_FORMATS:
        name, table, notes = _pick_sheet(read_grids(path), wanted)
    else:
        raise ValueError(f"{found}: neither a table nor a geographic file")
    if not len(table):
        raise ValueError(f"no rows below the header{f' of {name!r}' if name else ''}")
    with blame_columns(wanted.spec, path.name):
        return fill_layer(table, wanted, file=path.name, notes=notes)


def _pick_sheet(grids: tuple[Grid, ...], wanted: Wanted) -> Found:
    known = list_known(wanted.spec) | {fold_name(name) for name in wanted.columns.values()}
    tables, faults = [], []
    for grid in find_sheets(grids, wanted.sheet):
        try:
            table, notes = find_table(grid, known=known)
        except ValueError as error:
            faults.append(str(error))
            continue
        tables.append((grid.name, table, (*grid.notes, *notes)))
    if not tables:
        raise ValueError(faults[0] if faults else "the file holds no table")
    return _pick_best(tables, wanted)


def _pick_best(tables: list[Found], wanted: Wanted) -> Found:
    if len(tables) == 1:
        name, table, notes = tables[0]
        return name, table, ((f"sheet {name!r} read",) if name else ()) + notes
    scores = [_score(list_headings(table), wanted) for _, table, _ in tables]
    best = scores.index(max(scores))
    others = ", ".join(
        f"{other!r} ({len(table)} rows, {scores[k]} known columns)"
        for k, (other, table, _) in enumerate(tables[:_MAX_TOLD]) if k != best
    )
    name, table, notes = tables[best]
    told = f"sheet {name!r} read, {scores[best]} known columns; not read: {others}"
    return name, table, (told, *notes)


def _score(headings: list[str], wanted: Wanted) -> int:
    try:
        return len(claim_columns(headings, wanted.spec, wanted.columns).taken)
    except ValueError:
        # A sheet that needs a word of the study is still a sheet of this layer.
        known = list_known(wanted.spec)
        return sum(fold_name(heading) in known for heading in headings)


def _pick_layer(path: Path, wanted: Wanted) -> Found:
    from layers.readers.formats import sniff_format
    from layers.readers.vectors import list_sheets, read_frame

    found = sniff_format(path)
    names = list_sheets(path)
    if wanted.sheet:
        return wanted.sheet, read_frame(path, sheet=wanted.sheet), ()
    if found == "gpx":
        return _pick_gpx(path, names, wanted)
    if found in {"kml", "kmz"} or len(names) <= 1:
        return "", read_frame(path), ()
    return _pick_best([(name, read_frame(path, sheet=name), ()) for name in names], wanted)


def _pick_gpx(path: Path, names: tuple[str, ...], wanted: Wanted) -> Found:
    """Waypoints for points, tracks or routes for lines; what is left out is told."""
    from layers.readers.vectors import read_frame

    lines = wanted.spec.geometry in _LINES
    fit = [name for name in names if (name == "waypoints") != lines]
    if not fit:
        held = ", ".join(names) or "nothing"
        needed = "tracks or routes" if lines else "waypoints"
        raise ValueError(f"the GPX file holds {held}; {wanted.spec.name} needs {needed}")
    table = read_frame(path, sheet=fit[-1])
    left = [name for name in names if name != fit[-1]]
    told = f"{fit[-1]} read" + (f"; not read: {', '.join(left)}" if left else "")
    return fit[-1], table, (told,)


ADAPTER = Adapter("table", (), recognise_table, read_table)
