"""The public picture: a class per H3 cell of resolution 4, and only where many reports agree.

Cells cover all land of the study, whether or not anything was reported there; a cell with few
reports, few sources or few places reads ``insufficient`` and says nothing. No number leaves.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

from georisk.incidents import (
    DAYS_PER_YEAR,
    VAGUE_KM,
    Area,
    find_window_start,
    measure_window_years,
    read_lonlat,
    split_sources,
    weigh_decay,
)
from georisk.risk import INSUFFICIENT, EvidenceRules, classify_score, score_intensity
from layers.crs import WGS84

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RESOLUTION = 4
PER_KM2 = 100.0
BOUNDARY_DECIMALS = 3
_PLACE_DECIMALS = 2


@dataclass(frozen=True)
class CellRules:
    """What a cell needs before its class is shown (METHOD 6, rule 2), and how it ages.

    Attributes
    ----------
    min_incidents, min_sources, min_places : int
        All three are needed; positions that agree to 0.01 degree are one place.
    delay_days : int
        Reports younger than this are not counted.
    max_sigma_km : float
        Vaguer positions are not counted: they may lie in another cell.
    default_precision_km : float
        Taken where no precision is stated.
    half_life_years : float or None
    observed_from : date, optional
        First day that counts; else 1 January of the earliest counted report's year.
    """

    min_incidents: int = 10
    min_sources: int = 3
    min_places: int = 3
    delay_days: int = 90
    max_sigma_km: float = 25.0
    default_precision_km: float = VAGUE_KM
    half_life_years: float | None = 4.0
    observed_from: dt.date | None = None


def cover_land(
    land: NDArray[np.object_], *, area: Area, resolution: int = RESOLUTION
) -> tuple[str, ...]:
    """List the H3 cells that touch land inside the study area, sorted.

    Parameters
    ----------
    land : array of Polygon or MultiPolygon
        EPSG:4326.

    Examples
    --------
    >>> cells = cover_land(np.array([shapely.box(-91, 14, -90, 15)]), area=(-90.6, 14.4, -90, 15))
    >>> len(cells), h3.latlng_to_cell(14.6, -90.5, 4) in cells
    (6, True)
    """
    window = shapely.box(*area)
    inside = shapely.intersection(np.asarray(land, object), window)
    found: set[str] = set()
    for shape in shapely.get_parts(shapely.get_parts(inside)):
        if shape.geom_type == "Polygon" and not shape.is_empty:
            found |= set(
                h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(shape), resolution, "overlap")
            )
    return tuple(sorted(found))


def classify_cells(
    incidents: gpd.GeoDataFrame,
    *,
    cells: Sequence[str],
    as_of: dt.date,
    today: dt.date,
    rules: CellRules,
    evidence: EvidenceRules,
) -> gpd.GeoDataFrame:
    """Give every cell a class that may be shown to anyone, or ``insufficient``.

    Parameters
    ----------
    incidents : GeoDataFrame
        Columns ``date coord_precision_km source synthetic``; points in EPSG:4326.
    cells : sequence of str
        From `cover_land`.
    as_of, today : date
        What is younger than ``delay_days`` before the earlier of the two does not count, and
        counted reports age towards that day.
    evidence : EvidenceRules
        Its counts and years are applied to the reports of the cell itself.

    Returns
    -------
    GeoDataFrame
        Index ``cell``, sorted; ``risk_class evidence synthetic`` and the cell's outline
        rounded to 3 decimals. ``synthetic`` holds for all cells alike: per cell it would tell
        where suppressed rows lie.

    Notes
    -----
    The class is that of ``100 / (W * cell area) * sum of weights``, incidents per 100 km2 and
    year, on the scale of `georisk.risk.score_intensity`.

    Examples
    --------
    >>> rows = gpd.GeoDataFrame({"date": pd.to_datetime([]), "coord_precision_km": [],
    ...                          "source": [], "synthetic": []}, geometry=[], crs=WGS84)
    >>> day = dt.date(2024, 12, 31)
    >>> shown = classify_cells(rows, cells=["846d14bffffffff"], as_of=day, today=day,
    ...                        rules=CellRules(), evidence=EvidenceRules())
    >>> shown.loc["846d14bffffffff", "risk_class"]
    'insufficient'
    """
    cutoff = min(as_of, today) - dt.timedelta(days=rules.delay_days)
    index = pd.Index(sorted(set(cells)), name="cell", dtype="str")
    counted = _count_reports(incidents, cutoff=cutoff, rules=rules)
    counted = counted[counted["cell"].isin(index)]
    table = _summarise(counted, evidence).reindex(index)
    shown = (
        (table["incidents"] >= rules.min_incidents)
        & (table["sources"] >= rules.min_sources)
        & (table["places"] >= rules.min_places)
    )
    graded = table["evidence"].where(shown & (len(counted) >= evidence.min_located), INSUFFICIENT)
    said = index[(graded != INSUFFICIENT).to_numpy()]
    intensity = pd.Series(np.nan, index=index)
    if len(said):
        start = find_window_start(counted, observed_from=rules.observed_from)
        window_years = measure_window_years(start, cutoff, rules.half_life_years)
        area_km2 = np.array([h3.cell_area(cell, unit="km^2") for cell in said])
        weight = table.loc[said, "weight"].astype("float64")
        intensity.loc[said] = PER_KM2 * weight / (window_years * area_km2)
    labels = classify_score(score_intensity(intensity.to_numpy()))
    synthetic = bool(incidents["synthetic"].fillna(value=True).astype(bool).any())
    return _frame_cells(index, labels, graded.to_numpy(object), synthetic=synthetic)


def _frame_cells(
    index: pd.Index,
    labels: NDArray[np.object_],
    graded: NDArray[np.object_],
    *,
    synthetic: bool,
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "risk_class": pd.Series(labels, index=index, dtype="str"),
            "evidence": pd.Series(graded, index=index, dtype="str"),
            "synthetic": pd.Series(synthetic, index=index, dtype="boolean"),
        },
        geometry=outline_cells(list(index)),
        crs=WGS84,
    )


def _count_reports(
    incidents: gpd.GeoDataFrame, *, cutoff: dt.date, rules: CellRules
) -> pd.DataFrame:
    """Pick the reports that may count, by id, with their cell, place, age and weight."""
    frame = incidents.sort_index(kind="stable")
    sigma_km = frame["coord_precision_km"].astype("float64").fillna(rules.default_precision_km)
    day = pd.to_datetime(frame["date"])
    keep = (sigma_km <= rules.max_sigma_km) & (day <= pd.Timestamp(cutoff))
    keep &= np.isfinite(read_lonlat(frame)[0])
    if rules.observed_from is not None:
        keep &= day >= pd.Timestamp(rules.observed_from)
    frame, day = frame[keep], day[keep]
    lon, lat = read_lonlat(frame)
    age_years = (pd.Timestamp(cutoff) - day).dt.days.to_numpy(float) / DAYS_PER_YEAR
    place = np.round(np.column_stack([lon, lat]), _PLACE_DECIMALS) + 0.0
    return pd.DataFrame({
        "cell": [h3.latlng_to_cell(y, x, RESOLUTION) for x, y in zip(lon, lat, strict=True)],
        "place": [tuple(pair) for pair in place.tolist()],
        "sources": split_sources(frame["source"]),
        "date": day.to_numpy(),
        "age_years": age_years,
        "weight": weigh_decay(age_years, rules.half_life_years),
    })


def _summarise(counted: pd.DataFrame, evidence: EvidenceRules) -> pd.DataFrame:
    rows = {
        cell: {
            "incidents": len(group),
            "sources": _count_sources(group),
            "places": group["place"].nunique(),
            "weight": group["weight"].sum(),
            "evidence": _grade_cell(group, evidence),
        }
        for cell, group in counted.groupby("cell", sort=True)
    }
    columns = ["incidents", "sources", "places", "weight", "evidence"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _count_sources(group: pd.DataFrame) -> int:
    return len({name for names in group["sources"] for name in names})


def _grade_cell(group: pd.DataFrame, rules: EvidenceRules) -> str:
    recent = group[group["age_years"] <= rules.observed_years]
    enough = len(recent) >= rules.observed_incidents
    if enough and _count_sources(recent) >= rules.observed_sources:
        return "observed"
    filed = (group["age_years"] <= rules.modelled_years) & (group["sources"].map(len) > 0)
    return "modelled" if filed.any() else INSUFFICIENT


def outline_cells(cells: Sequence[str]) -> NDArray[np.object_]:
    """Draw each H3 cell as a Polygon, EPSG:4326, rounded to 3 decimals.

    Examples
    --------
    >>> shapely.get_num_coordinates(outline_cells(["846d14bffffffff"])).tolist()
    [7]
    """
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(cell)] for cell in cells]
    shapes = [shapely.Polygon(np.round(ring, BOUNDARY_DECIMALS)) for ring in rings]
    return np.array(shapes, dtype=object)
