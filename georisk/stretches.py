"""Stretches of about ten kilometres: what partners see in place of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from georisk.risk import classify_score, score_intensity
from layers.crs import WGS84

if TYPE_CHECKING:
    import pandas as pd

STRETCH_KM = 10.0
_DECIMALS = 2
_HALF = 0.5
INSUFFICIENT = "insufficient"


def aggregate_stretches(segments: gpd.GeoDataFrame, coverage: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put about ten kilometres of segments together, leg by leg.

    Parameters
    ----------
    segments : GeoDataFrame
        The ``segments`` layer, sorted.
    coverage : DataFrame
        The ``coverage`` layer.

    Returns
    -------
    GeoDataFrame
        Index ``stretch_id`` (``{leg_id}-s{n:03d}``); class of the length-weighted mean intensity
        of the segments with evidence, ``insufficient`` where these are less than half of the
        length; vertices rounded to 0.01 degree.
    """
    total = segments.groupby("leg_id")["chainage_to_km"].transform("max")
    count = np.maximum(1, np.round(total / STRETCH_KM))
    middle = (segments["chainage_from_km"] + segments["chainage_to_km"]) / 2
    number = np.minimum(np.floor(middle / total * count), count - 1).astype(int) + 1
    stretch = segments["leg_id"] + "-s" + number.map("{:03d}".format)
    missing = _find_missing_services(segments, coverage, stretch)
    rows = [
        {"stretch_id": name, **_describe(part), "uncovered_services": missing.get(name, ())}
        for name, part in segments.groupby(stretch.to_numpy(), sort=True)
    ]
    return gpd.GeoDataFrame(rows, crs=WGS84).set_index("stretch_id")


def _describe(part: gpd.GeoDataFrame) -> dict[str, object]:
    length = part["length_km"].to_numpy(float)
    known = (part["evidence"] != INSUFFICIENT).to_numpy()
    enough = length[known].sum() >= _HALF * length.sum()
    risk_class, evidence = INSUFFICIENT, INSUFFICIENT
    if enough:
        intensity = part["intensity_per_100km_year"].to_numpy(float)[known]
        mean = np.average(intensity, weights=length[known])
        risk_class = str(classify_score(score_intensity(np.array([mean])))[0])
        observed = (part["evidence"] == "observed").to_numpy()
        evidence = "observed" if length[observed].sum() >= _HALF * length.sum() else "modelled"
    return {
        "leg_id": part["leg_id"].iloc[0], "mode": part["mode"].iloc[0],
        "length_km": round(float(length.sum())), "risk_class": risk_class, "evidence": evidence,
        "geometry": _draw(part),
    }


def _draw(part: gpd.GeoDataFrame) -> shapely.LineString:
    xy = np.round(shapely.get_coordinates(part.geometry.to_numpy()), _DECIMALS)
    changed = np.r_[True, np.any(xy[1:] != xy[:-1], axis=1)]
    kept = xy[changed]
    return shapely.LineString(kept if len(kept) > 1 else np.vstack([kept, kept]))


def _find_missing_services(
    segments: pd.DataFrame, coverage: pd.DataFrame, stretch: pd.Series
) -> dict[str, tuple[str, ...]]:
    """Services missing on at least half of a stretch, in the worse direction."""
    open_km = coverage[["segment_id", "service", "direction"]].assign(
        missing_km=np.where(
            coverage["covered"].fillna(value=False).astype(bool), 0.0,
            segments["length_km"].reindex(coverage["segment_id"]).to_numpy(),
        ),
        stretch=stretch.reindex(coverage["segment_id"]).to_numpy(),
    )
    grouped = open_km.groupby(["stretch", "service", "direction"], sort=True)["missing_km"].sum()
    worst = grouped.groupby(level=["stretch", "service"]).max()
    length = segments["length_km"].groupby(stretch.to_numpy()).sum()
    share = worst / length.reindex(worst.index.get_level_values("stretch")).to_numpy()
    gone = share[share >= _HALF].index
    out: dict[str, tuple[str, ...]] = {}
    for name, service in gone:
        out[name] = (*out.get(name, ()), service)
    return out
