"""Changes summed for a reader: km by what may be said, and the stretches that changed most."""

from __future__ import annotations

import numpy as np
import pandas as pd

from georisk.change_steps import CHANGES
from georisk.risk import classify_score, score_intensity
from georisk.stretches import STRETCH_KM

_CHANGED = ("more_reported", "fewer_reported")
_INTENSITIES = ("intensity_then", "intensity_now")


def sum_changes(changes: pd.DataFrame) -> dict[str, float]:
    """Km of segments by what may be said of their change.

    Examples
    --------
    >>> rows = pd.DataFrame({"change": ["more_reported", "insufficient"], "length_km": [2.0, 1.0]})
    >>> sum_changes(rows)["more_reported"], sum_changes(rows)["fewer_reported"]
    (2.0, 0.0)
    """
    km = changes.groupby("change")["length_km"].sum()
    return {name: round(float(km.get(name, 0.0)), 3) for name in reversed(CHANGES)}


def list_stretches(changes: pd.DataFrame) -> pd.DataFrame:
    """Runs of changed segments, cut at about 10 km, the strongest change first.

    Parameters
    ----------
    changes : DataFrame
        The ``changes`` layer.

    Returns
    -------
    DataFrame
        Columns ``leg_id corridor from_km to_km near_place change class_then class_now ratio
        ratio_low ratio_high``: classes of the mean intensities, ratios at the median, all by
        length; km along the leg.
    """
    changed = changes[changes["change"].isin(_CHANGED)]
    middle = (changed["chainage_from_km"] + changed["chainage_to_km"]) / 2
    part = np.floor(middle / STRETCH_KM).astype(int)
    keys = [changed["leg_id"], part, changed["change"]]
    rows = [_describe(rows) for _, rows in changed.groupby(keys, sort=True)]
    if not rows:
        return pd.DataFrame(columns=[*_describe(changes.head(1))] if len(changes) else [])
    table = pd.DataFrame(rows)
    strength = -np.abs(np.log(table["ratio"]))
    order = np.lexsort((table["from_km"], table["leg_id"], strength.round(12)))
    return table.iloc[order].reset_index(drop=True)


def _describe(rows: pd.DataFrame) -> dict[str, object]:
    weight = rows["length_km"].to_numpy(float)
    means = [float(np.average(rows[name].to_numpy(float), weights=weight))
             for name in _INTENSITIES]
    classes = classify_score(score_intensity(np.array(means)))
    middle = rows.iloc[len(rows) // 2]
    ratios = {
        name: float(np.median(rows[name].to_numpy(float)))
        for name in ("ratio", "ratio_low", "ratio_high")
    }
    return {
        "leg_id": str(middle["leg_id"]), "corridor": str(middle["corridor"]),
        "from_km": float(rows["chainage_from_km"].min()),
        "to_km": float(rows["chainage_to_km"].max()),
        "near_place": "" if pd.isna(middle["near_place"]) else str(middle["near_place"]),
        "change": str(middle["change"]), "class_then": str(classes[0]),
        "class_now": str(classes[1]), **ratios,
    }
