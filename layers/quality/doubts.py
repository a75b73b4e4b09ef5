"""Doubts about where rows lie: what a person would notice, how sure, and what was meant.

The stated place is read in memory; a reason names the gazetteer's own name of a place, never the
words of the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.quality.evidence import weigh_rows
from layers.quality.looks import POSITION, doubt_lie, doubt_numbers, write_pair
from layers.quality.spots import take_positions
from layers.quality.stated import pick_stated, read_stated, tell_stated
from layers.quality.variants import name_variant

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.gazetteer import Gazetteer
    from layers.quality.evidence import Evidence
    from layers.quality.stated import Stated
    from layers.spec import LayerSpec

DOUBT_COLUMNS = ["row", "column", "value", "reason", "suggestion", "fix", "confidence", "grave"]
# A row is set aside where damage is at least this probable, given that 1 row in 100 is damaged:
# a look costs little, a point in the wrong place much. Its confidence says how sure the fix is.
# Where it is less, down to the first figure, the suggestion is a remark.
REMARK_PROBABILITY, ASIDE_PROBABILITY, ELSEWHERE_PROBABILITY = 0.005, 0.01, 0.50
SURE_PROBABILITY, SURE_KM, PLAUSIBLE_KM, IMPOSSIBLE_KM = 0.10, 1000.0, 150.0, 1000.0
ABROAD_KM, ABROAD_SEA_KM, FAR_PLACE_KM = 50.0, 300.0, 150.0
COAST_KM = 10.0
FAR_WORDS = "far from where the record's country and place put it"
ALIKE_WORDS = "read otherwise, the pair fits the record's country and place too"


def find_doubts(
    rows: gpd.GeoDataFrame, stated: pd.DataFrame, spec: LayerSpec, *,
    gazetteer: Gazetteer | None, said: Stated | None = None,
) -> pd.DataFrame:
    """List what is doubtful about the positions of rows.

    Parameters
    ----------
    rows : GeoDataFrame
        Points, EPSG:4326, integer index.
    stated : DataFrame
        Same index: ``_country`` and ``_place`` as stated, ``lon_text`` and ``lat_text`` where
        known.
    spec : LayerSpec
    gazetteer : Gazetteer or None
        Without one, only what the numbers themselves show.
    said : Stated, optional
        Of `layers.quality.stated.read_stated`, where it has been read already.

    Returns
    -------
    DataFrame
        ``row column value reason suggestion fix confidence grave``; ``fix`` is a tuple of
        (column, value), ``grave`` asks to set the row aside. Sorted by row, at most one grave
        doubt a row.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from layers.catalog import find_spec
    >>> from layers.gazetteer import load_gazetteer
    >>> rows = gpd.GeoDataFrame(geometry=gpd.points_from_xy([92.26], [14.91]), crs=4326)
    >>> said = pd.DataFrame({"_country": ["Mexico"], "_place": ["Near Tapachula"]})
    >>> found = find_doubts(rows, said, find_spec("incidents"), gazetteer=load_gazetteer())
    >>> found["suggestion"][0], found["fix"][0], found["grave"][0]
    ('lon sign lost: -92.26?', (('lon', '-92.26'),), np.True_)
    """
    lon, lat = take_positions(rows)
    usable = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    rows, stated, lon, lat = rows.iloc[usable], stated.iloc[usable], lon[usable], lat[usable]
    found = doubt_numbers(lon, lat, stated, spec)
    if gazetteer is not None and len(rows):
        said = (read_stated(stated, gazetteer=gazetteer) if said is None
                else pick_stated(said, usable))
        found += _doubt_stated(lon, lat, stated, said=said, gazetteer=gazetteer)
        found += doubt_lie(lon, lat, rows, spec, gazetteer=gazetteer)
    table = pd.DataFrame(found, columns=DOUBT_COLUMNS)
    table = table.assign(row=rows.index.to_numpy()[table["row"].to_numpy(dtype=int)],
                         grave=table["grave"].astype(bool))  # fmt: skip
    return table.sort_values(["row", "grave"], ascending=[True, False], kind="stable",
                             ignore_index=True)  # fmt: skip


def _doubt_stated(
    lon: np.ndarray, lat: np.ndarray, stated: pd.DataFrame, *, said: Stated,
    gazetteer: Gazetteer,
) -> list[tuple[Any, ...]]:
    told = np.flatnonzero(tell_stated(stated))
    if not len(told):
        return []
    found = []
    chunks = weigh_rows(lon[told], lat[told], pick_stated(said, told), gazetteer=gazetteer)
    for own, stated_here, evidence in chunks:
        for row in np.flatnonzero(_tell_doubtful(evidence)).tolist():
            doubt = _describe_row(row, evidence, stated_here, gazetteer)
            if doubt:
                found.append((int(told[own[row]]), *doubt))
    return found


def _tell_doubtful(evidence: Evidence) -> np.ndarray:
    km = evidence.country_km[:, 0]
    far = (km > ABROAD_SEA_KM) | ((km > ABROAD_KM) & (evidence.land != ""))
    return np.asarray(far | (evidence.place_km[:, 0] > FAR_PLACE_KM)
                      | (evidence.posterior[:, 1:8].max(axis=1) >= REMARK_PROBABILITY)
                      | (evidence.posterior[:, 8] >= ELSEWHERE_PROBABILITY))


def _is_plausible(evidence: Evidence, row: int, best: int) -> bool:
    """Whether a variant explains the row, rather than being the least bad of eight."""
    probable = evidence.posterior[row, best]
    reach_km = SURE_KM if probable >= SURE_PROBABILITY else PLAUSIBLE_KM
    return bool(probable >= REMARK_PROBABILITY and not evidence.country_km[row, best] > reach_km)


def _describe_row(
    row: int, evidence: Evidence, said: Stated, gazetteer: Gazetteer
) -> tuple[Any, ...]:
    lon, lat = float(evidence.lons[row, 0]), float(evidence.lats[row, 0])
    best = 1 + int(evidence.posterior[row, 1:8].argmax())
    confidence = float(evidence.posterior[row, best])
    reason = _say_how_far(row, evidence, said, gazetteer)
    grave = bool(evidence.posterior[row, 8] >= ELSEWHERE_PROBABILITY
                 or evidence.country_km[row, 0] > IMPOSSIBLE_KM)
    if _is_plausible(evidence, row, best):
        lon_to, lat_to = float(evidence.lons[row, best]), float(evidence.lats[row, best])
        changed = tuple((name, f"{new:.10g}") for name, old, new in
                        (("lon", lon, lon_to), ("lat", lat, lat_to)) if old != new)
        grave = grave or confidence >= ASIDE_PROBABILITY
        reason = reason or (FAR_WORDS if grave else ALIKE_WORDS)
        return (POSITION, write_pair(lon, lat), reason, name_variant(best, lon_to, lat_to),
                changed, round(confidence, 3), grave)
    if not reason:
        return ()
    return POSITION, write_pair(lon, lat), reason, "", (), 0.0, grave


def _say_how_far(row: int, evidence: Evidence, said: Stated, gazetteer: Gazetteer) -> str:
    parts = []
    km, land = evidence.country_km[row, 0], evidence.land[row]
    if km > COAST_KM:
        where = f"in {gazetteer.countries.at[land, 'name']}" if land else "at sea"
        stated = gazetteer.countries.at[said.code[row], "name"]
        parts.append(f"{where}, {km:.0f} km from {stated}, which the record states")
    place = evidence.nearest_place[row]
    if place >= 0 and evidence.place_km[row, 0] > 0:
        name = gazetteer.places.at[place, "name"]
        parts.append(f"{evidence.place_km[row, 0]:.0f} km from {name}, which the record names")
    return "; ".join(parts)
