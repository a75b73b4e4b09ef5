"""Corridors at a glance: length, class, share covered, longest gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.corridors import order_corridor
from georisk.risk import classify_score, score_intensity
from layers.crs import measure_length_km

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from georisk.config import CorridorConfig
    from georisk.corridors import Corridors

SUMMARY_SERVICES = ("water", "food", "shelter", "medical", "phone")
INSUFFICIENT = "insufficient"
_ENOUGH = 0.5
_TEN_KM = 10.0


def name_corridors(
    routes: gpd.GeoDataFrame, configs: Mapping[str, CorridorConfig]
) -> pd.DataFrame:
    """What anyone may know of a corridor: names, legs, and length to 10 km.

    Returns
    -------
    DataFrame
        Index ``corridor``; columns of the ``corridors`` layer.
    """
    length_km = pd.Series(measure_length_km(routes.geometry.to_numpy()), index=routes.index)
    rows = [
        {
            "corridor": name,
            **{f"name_{lang}": config.name.get(lang) for lang in ("en", "es", "fr", "ht")},
            "leg_ids": tuple(leg for leg, _ in config.steps),
            "length_km": int(round(sum(length_km[leg] for leg, _ in config.steps) / _TEN_KM)
                             * _TEN_KM),
        }
        for name, config in configs.items()
    ]
    frame = pd.DataFrame(rows, columns=["corridor", "name_en", "name_es", "name_fr", "name_ht",
                                        "leg_ids", "length_km"])
    frame["name_en"] = frame["name_en"].fillna(frame["corridor"])
    return frame.set_index("corridor")


def summarise_corridors(
    segments: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    gaps: pd.DataFrame,
    *,
    corridors: Corridors,
    headline: str,
) -> pd.DataFrame:
    """One row a corridor, in the headline direction.

    Parameters
    ----------
    segments, coverage, gaps : DataFrame
        The layers of these names.
    corridors : dict
        Legs in order with +1 or -1.
    headline : str
        ``forward`` or ``backward`` along the corridor.

    Returns
    -------
    DataFrame
        Index ``corridor``; columns of the ``corridor_summary`` layer but the name.
    """
    covered = {
        service: rows.set_index(["segment_id", "direction"])["covered"]
        for service, rows in coverage[coverage["service"].isin(SUMMARY_SERVICES)].groupby("service")
    }
    rows = []
    for name, steps in corridors.items():
        order = order_corridor(segments, steps)
        longest, hours = _find_longest(gaps, name, headline)
        rows.append({
            "corridor": name,
            "length_km": round(float(order["length_km"].sum()), 1),
            **_judge_risk(segments, order),
            **{f"covered_{service}": _measure_share(covered.get(service), order, headline)
               for service in SUMMARY_SERVICES},
            "longest_gap": longest,
            "longest_gap_h": hours,
        })
    return pd.DataFrame(rows).set_index("corridor") if rows else pd.DataFrame(
        index=pd.Index([], name="corridor"))


def _judge_risk(segments: gpd.GeoDataFrame, order: pd.DataFrame) -> dict[str, object]:
    rows = segments.loc[order["segment_id"]]
    length = rows["length_km"].to_numpy(float)
    known = (rows["evidence"] != INSUFFICIENT).to_numpy()
    share = float(length[~known].sum() / length.sum())
    risk_class = INSUFFICIENT
    if share <= _ENOUGH:
        mean = np.average(rows["intensity_per_100km_year"].to_numpy(float)[known],
                          weights=length[known])
        risk_class = str(classify_score(score_intensity(np.array([mean])))[0])
    return {"risk_class": risk_class, "insufficient_share": round(share, 4)}


def _measure_share(
    covered: pd.Series | None, order: pd.DataFrame, headline: str
) -> float:
    if covered is None:
        return float("nan")
    along = headline == "forward"
    direction = np.where((order["sign"] > 0) == along, "forward", "backward")
    keys = pd.MultiIndex.from_arrays([order["segment_id"], direction])
    inside = covered.reindex(keys).fillna(value=False).to_numpy(bool)
    length = order["length_km"].to_numpy(float)
    return round(float(length[inside].sum() / length.sum()), 4)


def _find_longest(gaps: pd.DataFrame, corridor: str, headline: str) -> tuple[str | None, float]:
    rows = gaps[(gaps["corridor"] == corridor) & (gaps["direction"] == headline)
                & gaps["service"].isin(SUMMARY_SERVICES)]
    if not len(rows):
        return None, float("nan")
    row = rows.sort_values(["walk_h", "service"], ascending=[False, True], kind="stable").iloc[0]
    hours = float(row["walk_h"])
    ends = [end for end in (row["from_place"], row["to_place"]) if pd.notna(end)]
    where = f"{row['service']}: {' - '.join(ends) or corridor}"
    days = int(np.ceil(hours / 10))
    text = f"{where}, {row['length_km']:.0f} km, {hours:.0f} h walking ({days} days)"
    return text, round(hours, 1)
