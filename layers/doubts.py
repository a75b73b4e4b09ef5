"""Rows beside the world: what `layers.quality` doubts, and what it can add to a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from layers.cells import write_texts
from layers.findings import FINDING_COLUMNS, empty_findings
from layers.sources import COUNTRY, PLACE

if TYPE_CHECKING:
    from layers.gazetteer import Gazetteer
    from layers.spec import LayerSpec

PRECISION, STATED = "coord_precision_km", "stated_place"
# Where a record names no place for the checks, its own columns do, from narrow to wide.
_OWN_PLACES = ("town", "admin1", "name")


@dataclass(frozen=True)
class Weighed:
    """What came of it.

    Attributes
    ----------
    faults, remarks : DataFrame
        See `layers.findings`: rows to set aside, and rows to keep with a word.
    filled : dict of Series
        Columns that are now known, for the rows that were weighed.
    """

    faults: pd.DataFrame
    remarks: pd.DataFrame
    filled: dict[str, pd.Series]


def find_stated(typed: pd.DataFrame, raw: pd.DataFrame, aside: pd.DataFrame) -> pd.DataFrame:
    """Country and place that each record names, and its coordinates as they were written.

    Returns
    -------
    DataFrame
        Index of ``typed``; text columns ``_country``, ``_place`` and, where they stood in the
        file, ``lon_text`` and ``lat_text``; empty where nothing is said.

    Examples
    --------
    >>> import pandas as pd
    >>> typed = pd.DataFrame({"town": ["Tapachula", None], "country": ["MX", "GT"]}, dtype="str")
    >>> find_stated(typed, typed, pd.DataFrame({"_place": ["", "Tecun Uman"]})).iloc[1].to_dict()
    {'_country': 'GT', '_place': 'Tecun Uman'}
    """
    stated = {
        COUNTRY: _pick_first([aside.get(COUNTRY), typed.get("country")], typed.index),
        PLACE: _pick_first([aside.get(PLACE), *(typed.get(name) for name in _OWN_PLACES)],
                           typed.index),
    }
    for axis in ("lon", "lat"):
        if axis in raw and not isinstance(raw, gpd.GeoDataFrame):
            text = write_texts(raw[axis]).str.replace(",", ".", regex=False)
            stated[f"{axis}_text"] = text.fillna("")
    return pd.DataFrame(stated, index=typed.index)


def _pick_first(columns: list[pd.Series | None], index: pd.Index) -> pd.Series:
    """First text that is there, cell by cell."""
    picked = pd.Series("", index=index, dtype="str")
    for column in columns:
        if column is not None:
            picked = picked.where(picked != "", write_texts(column).fillna(""))
    return picked


def weigh_rows(
    rows: pd.DataFrame, stated: pd.DataFrame, spec: LayerSpec, gazetteer: Gazetteer
) -> Weighed:
    """Ask `layers.quality` about rows that are sound by themselves.

    Parameters
    ----------
    rows : GeoDataFrame
        Typed points, EPSG:4326, integer index.
    stated : DataFrame
        Of `find_stated`, same index.
    """
    from layers.quality import estimate_precision_km, find_doubts, name_places, read_stated

    if not len(rows):
        return Weighed(empty_findings(), empty_findings(), {})
    said = read_stated(stated, gazetteer=gazetteer)
    doubts = find_doubts(rows, stated, spec, gazetteer=gazetteer, said=said)
    grave = doubts["grave"].astype(bool)
    filled = {}
    if PRECISION in spec.columns:
        filled[PRECISION] = estimate_precision_km(rows, stated, spec, gazetteer=gazetteer,
                                                  said=said)
    if STATED in spec.columns:
        names = name_places(stated, gazetteer=gazetteer, said=said).astype("str")
        known = rows[STATED] if STATED in rows else pd.Series(None, rows.index, dtype="str")
        filled[STATED] = names.where(names != "", known)
    return Weighed(doubts.loc[grave, FINDING_COLUMNS], doubts.loc[~grave, FINDING_COLUMNS], filled)
