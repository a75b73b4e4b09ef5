"""Out to a spreadsheet and back: what was edited, and nothing else."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import mark_known
from layers.sheets.celltext import show_cells
from layers.sources import ASIDE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from layers.spec import LayerSpec

# What Excel, LibreOffice or Sheets may take for the beginning of a formula or of a DDE call.
_FORMULA_SIGNS = frozenset("=+-@|%")
_LOOKALIKES = frozenset("\u2212\u2010\u2011\u2012\u2013\u2014")
_LEADING = ("\t", "\r", "\n")
_MARKING = re.compile(r"(SYNTHETIC|audience|holder|expires)\s*:", re.IGNORECASE)
# Columns that an export adds for its reader; none is a column of a layer.
_HELPERS = frozenset({"audience", "holder", "expires", "run_id", "parameters_sha256", "wkt"})
_CLOSE = 1e-7
_RELATIVE = 1e-12
DIFF_COLUMNS = ["id", "column", "before", "after"]


def is_formula_like(text: str) -> bool:
    r"""Tell whether a spreadsheet may take a text for a formula.

    Full-width and other compatible forms of the signs count, and so does a sign behind spaces,
    control or invisible characters: some programs drop those before they look.

    Examples
    --------
    >>> [is_formula_like(text) for text in ("=1+1", " @x", "\uff1d1", "|cmd", "\tA", "A=1", "")]
    [True, True, True, True, True, False, False]
    """
    if text.startswith(_LEADING):
        return True
    for sign in text:
        if sign.isspace() or unicodedata.category(sign) in {"Cc", "Cf"}:
            continue
        plain = unicodedata.normalize("NFKC", sign)[:1]
        return plain in _FORMULA_SIGNS or sign in _LOOKALIKES
    return False


def defuse_cell(value: object) -> object:
    """Put an apostrophe before a text that a spreadsheet may take for a formula.

    A text that already has apostrophes before such a text gets one more, so that `arm_cell`
    gives back exactly what went in, whatever it was.

    Examples
    --------
    >>> defuse_cell("=1+1"), defuse_cell("'=1+1"), defuse_cell("O'Higgins"), defuse_cell(-5)
    ("'=1+1", "''=1+1", "O'Higgins", -5)
    """
    if isinstance(value, str) and is_formula_like(value.lstrip("'")):
        return f"'{value}"
    return value


def arm_cell(value: object) -> object:
    """Undo `defuse_cell`, and only that.

    Examples
    --------
    >>> arm_cell("'=1+1"), arm_cell("'90s"), arm_cell("=1+1"), arm_cell("''-")
    ('=1+1', "'90s", '=1+1', "'-")
    """
    if isinstance(value, str) and value.startswith("'") and is_formula_like(value.lstrip("'")):
        return value[1:]
    return value


def prepare_edits(raw: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Take an edited export back to the rows that were exported.

    Apostrophes that an export put before formula-like text go, and so do the columns that an
    export adds for its reader and rows that only say for whom the file was. A file that is no
    export of ours is left as it is.

    Parameters
    ----------
    raw : DataFrame or GeoDataFrame
        As read, one record a row.
    spec : LayerSpec
        Helper columns that it declares stay.

    Returns
    -------
    DataFrame or GeoDataFrame
        A new frame; index, order and aside columns of the rows are kept.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> raw = pd.DataFrame({"place_id": ["gt-ex-1", "audience: partner"],
    ...                     "phone": ["'+502 1", ""], "wkt": ["", ""]})
    >>> prepare_edits(raw, find_spec("shelters")).to_dict("list")
    {'place_id': ['gt-ex-1'], 'phone': ['+502 1']}
    """
    own = {spec.id, *spec.columns}
    out = raw.drop(columns=[name for name in raw.columns if name in _HELPERS - own])
    out = out.rename(columns=arm_cell)
    texts = [name for name in out.columns if _holds_text(out, name)]
    out = out[~_find_marking_rows(out, texts)]
    return out.assign(**{name: _arm_column(out[name]) for name in texts})


def _arm_column(values: pd.Series) -> pd.Series:
    """`arm_cell` of the cells that begin with an apostrophe; there are few."""
    marked = values.astype("str").str.startswith("'").fillna(value=False).astype(bool)
    if not marked.any():
        return values
    return values.mask(marked, values[marked].map(arm_cell))


def _holds_text(frame: pd.DataFrame, name: str) -> bool:
    if name in ASIDE_COLUMNS or name == getattr(frame, "_geometry_column_name", None):
        return False
    values = frame[name]
    return bool(pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values))


def _find_marking_rows(frame: pd.DataFrame, texts: list[str]) -> NDArray[np.bool_]:
    """Rows in which one cell speaks, and what it says is a marking."""
    others = [name for name in frame.columns if name not in texts and name not in ASIDE_COLUMNS]
    filled = pd.DataFrame({name: ~_find_empty(frame[name]) for name in (*texts, *others)},
                          index=frame.index)
    alone = filled.sum(axis=1).eq(1).to_numpy()
    marks = np.zeros(len(frame), dtype=bool)
    for place in np.flatnonzero(alone):
        name = filled.columns[int(filled.iloc[place].to_numpy().argmax())]
        marks[place] = name in texts and bool(_MARKING.match(str(frame[name].iloc[place])))
    return marks


def restore_absent(
    raw: pd.DataFrame, old: pd.DataFrame, spec: LayerSpec, *, unsaid: Collection[str] = ()
) -> pd.DataFrame:
    """Give rows that are known the values of columns that their file does not have.

    An export for an audience lacks what the audience may not see; a row that comes back
    without those columns says nothing about them.

    Parameters
    ----------
    raw : DataFrame or GeoDataFrame
        As `prepare_edits` returned it.
    old : DataFrame or GeoDataFrame
        Typed rows in force, index ``spec.id``.
    unsaid : collection of str
        Columns that the file lacked and an adapter filled in: they count as absent.

    Returns
    -------
    DataFrame or GeoDataFrame
        With the columns of the spec that the file lacked, as text (``lon`` and ``lat`` too, of
        points); rows that are not known keep what they have. If none is known, with those only
        that a file must have. Unchanged without an id column.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> old = pd.DataFrame({"month": ["2024-01"], "people": [7]}, index=["r1"])
    >>> raw = pd.DataFrame({"activity_row": ["r1", "r2"], "people": ["8", "9"]})
    >>> restore_absent(raw, old, find_spec("activity"))["month"].to_list()
    ['2024-01', '']
    """
    if spec.id not in raw:
        return raw
    absent = [name for name in spec.columns
              if name in old and (name not in raw or name in unsaid)]
    if not isinstance(raw, gpd.GeoDataFrame) and isinstance(old, gpd.GeoDataFrame):
        located = {"geometry", "lon", "lat"} & set(raw.columns)
        absent += ["lon", "lat"] if spec.geometry == "Point" and not located else []
    ids = raw[spec.id].astype("str").str.strip()
    known = pd.Series(mark_known(ids, old.index), index=raw.index)
    if not known.any():
        asked = [name for name in absent if name not in spec.columns or spec.columns[name].required]
        return raw.assign(**{name: "" for name in asked if name not in raw})
    fills = {}
    for name in absent:
        kept = show_cells(_take(old, name)).reindex(ids).fillna("").to_numpy()
        stated = raw[name].astype("object") if name in raw else pd.Series("", index=raw.index)
        fills[name] = stated.where(~known, kept)
    return raw.assign(**fills)


def diff_rows(old: pd.DataFrame, new: pd.DataFrame, *, columns: Iterable[str]) -> pd.DataFrame:
    """Cells of rows that both frames have and that say something else now.

    Parameters
    ----------
    old, new : DataFrame or GeoDataFrame
        Typed rows, unique string ids as index.
    columns : iterable of str
        Columns to compare: those that the file has. ``lon``, ``lat`` and ``geometry`` are read
        from the geometry. One that a frame lacks counts as empty.

    Returns
    -------
    DataFrame
        ``id column before after``, text, sorted by id, then in the order of ``columns``; empty
        text is a missing value. Numbers differ beyond 1e-7, lists as sets; null, empty text
        and empty list are the same.

    Examples
    --------
    >>> old = pd.DataFrame({"n": [1.0, 2.0], "s": [("b", "a"), ()]}, index=["x-1", "x-2"])
    >>> new = pd.DataFrame({"n": [1.00000001, 3.0], "s": [("a", "b"), ()]}, index=["x-1", "x-2"])
    >>> diff_rows(old, new, columns=["n", "s"]).to_dict("records")
    [{'id': 'x-2', 'column': 'n', 'before': '2', 'after': '3'}]
    """
    shared = old.index.intersection(new.index).sort_values()
    parts = []
    for name in dict.fromkeys(columns):
        before, after = (_take(frame.loc[shared], name) for frame in (old, new))
        changed = ~_find_same(before, after)
        parts.append(pd.DataFrame({
            "id": shared[changed].to_numpy(), "column": name,
            "before": show_cells(before[changed]).to_numpy(),
            "after": show_cells(after[changed]).to_numpy(),
        }))
    whole = pd.concat([pd.DataFrame(columns=DIFF_COLUMNS), *parts]).astype("str")
    return whole.sort_values("id", kind="stable").reset_index(drop=True)[DIFF_COLUMNS]


def _take(frame: pd.DataFrame, name: str) -> pd.Series:
    """One column, or an axis of the points; nothing where there is neither."""
    if name in frame:
        return frame[name]
    if name in {"lon", "lat"} and isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry.to_numpy()
        points = np.where(shapely.get_type_id(shapes) == 0, shapes, None)
        values = shapely.get_x(points) if name == "lon" else shapely.get_y(points)
        return pd.Series(values, index=frame.index)
    return pd.Series([None] * len(frame), index=frame.index, dtype=object)


def _find_empty(values: pd.Series) -> NDArray[np.bool_]:
    if pd.api.types.is_object_dtype(values):
        return np.asarray(show_cells(values).str.strip().eq(""), dtype=bool)
    empty = values.isna().to_numpy(dtype=bool)
    if pd.api.types.is_string_dtype(values):
        empty = empty | values.str.strip().eq("").fillna(value=True).to_numpy(dtype=bool)
    return np.asarray(empty, dtype=bool)


def _find_same(before: pd.Series, after: pd.Series) -> NDArray[np.bool_]:
    empty = (_find_empty(before), _find_empty(after))
    if isinstance(before, gpd.GeoSeries) and isinstance(after, gpd.GeoSeries):
        same = shapely.equals_exact(before.to_numpy(), after.to_numpy(), tolerance=_CLOSE)
    elif _is_number(before) and _is_number(after):
        same = np.isclose(_to_floats(before), _to_floats(after), rtol=_RELATIVE, atol=_CLOSE)
    elif before.dtype == after.dtype and not pd.api.types.is_object_dtype(before):
        same = before.eq(after).fillna(value=False).to_numpy(dtype=bool)
    else:
        same = show_cells(before).to_numpy() == show_cells(after).to_numpy()
    return np.asarray((same & ~empty[0] & ~empty[1]) | (empty[0] & empty[1]), dtype=bool)


def _to_floats(values: pd.Series) -> NDArray[np.float64]:
    return np.asarray(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan))


def _is_number(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values))
