"""Stretches of about ten kilometres: what partners see in place of segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from georisk.risk import classify_score, score_intensity
from layers.crs import WGS84

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    code, names = pd.factorize(stretch)
    first = np.searchsorted(code, np.arange(len(names) + 1))
    shapes = segments.geometry.to_numpy()
    pieces = [shapes[first[n] : first[n + 1]] for n in range(len(names))]
    frame = gpd.GeoDataFrame(
        {
            "leg_id": segments["leg_id"].to_numpy()[first[:-1]],
            "mode": segments["mode"].to_numpy()[first[:-1]],
            **_judge(segments, code),
            "uncovered_services": [missing.get(name, ()) for name in names],
            "caveat": pd.array([None] * len(names), dtype="str"),
        },
        index=pd.Index(names, dtype="str"), geometry=[_draw(piece) for piece in pieces], crs=WGS84,
    )
    return frame.rename_axis("stretch_id").sort_index()


def _judge(segments: gpd.GeoDataFrame, code: NDArray[np.intp]) -> dict[str, NDArray[np.generic]]:
    """Length, class and evidence of each stretch, from its segments with evidence."""
    length = segments["length_km"].to_numpy(float)
    evidence = segments["evidence"].to_numpy(dtype=object)

    def total_km(weight: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(code, weights=length * weight).astype(np.float64)

    known = (evidence != INSUFFICIENT).astype(float)
    whole, known_km = total_km(np.ones(len(length))), total_km(known)
    intensity = segments["intensity_per_100km_year"].to_numpy(float)
    mean = total_km(intensity * known) / np.where(known_km > 0, known_km, 1.0)
    enough = (known_km >= _HALF * whole) & (known_km > 0)
    observed = total_km((evidence == "observed").astype(float)) >= _HALF * whole
    score = np.where(enough, score_intensity(mean), np.nan)
    graded = np.where(enough, np.where(observed, "observed", "modelled"), INSUFFICIENT)
    return {"length_km": np.round(whole), "risk_class": classify_score(score), "evidence": graded}


def _draw(lines: NDArray[np.object_]) -> shapely.LineString:
    xy = np.round(shapely.get_coordinates(lines), _DECIMALS)
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
