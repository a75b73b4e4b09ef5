"""The ranking in words and stretches, for people: bands and reasons, never a bare decimal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.incidents import CLASSES
from georisk.priority.coping import SERVICES
from georisk.priority.hazards import WORDS
from georisk.priority.index import DIMENSIONS
from georisk.stretches import STRETCH_KM

if TYPE_CHECKING:
    from georisk.parameters import Parameters

_CAUSES = {"hazard": "hazards", "vulnerability": "the traveller", "coping": "help out of reach"}
_TOLD = 0.05
_HALF = 0.5


def name_stretches(frame: pd.DataFrame) -> pd.Series:
    """Stretch of each segment: about ten kilometres of a leg, as in the ``stretches`` layer.

    Examples
    --------
    >>> frame = pd.DataFrame({"leg_id": "a", "chainage_from_km": [0.0, 9.0, 19.0],
    ...                       "chainage_to_km": [1.0, 10.0, 20.0]})
    >>> name_stretches(frame).tolist()
    ['a-s001', 'a-s001', 'a-s002']
    """
    total = frame.groupby("leg_id")["chainage_to_km"].transform("max")
    count = np.maximum(1, np.round(total / STRETCH_KM))
    middle = (frame["chainage_from_km"] + frame["chainage_to_km"]) / 2
    number = np.minimum(np.floor(middle / total * count), count - 1).astype(int) + 1
    return frame["leg_id"].astype("str") + "-s" + number.map("{:03d}".format)


def rank_stretches(frame: pd.DataFrame) -> pd.DataFrame:
    """Put segments together by stretch: the middle of their ranks and bands.

    Parameters
    ----------
    frame : DataFrame
        The ``priority`` layer's frame, or some of its rows.

    Returns
    -------
    DataFrame
        Index ``stretch_id``, most needed first; ``band_low`` and ``band_high`` are ranks as
        shares of all that are ranked, ``p_top`` the mean share of draws in the first tenth,
        ``ranked_km`` the length that has a rank; parts are means over it.
    """
    ranked = frame[frame["rank"].notna()]
    if ranked.empty:
        return pd.DataFrame()
    last = float(frame["rank"].max())
    grouped = ranked.groupby(name_stretches(frame)[ranked.index], sort=True)
    parts = [name for name in frame.columns if name.startswith(("share_", "shapley_", "covered_"))]
    table = grouped[["p_top", "coping", "hazard", "score", "reference_score", *parts]].mean()
    ranks = grouped[["rank", "rank_low", "rank_high"]].median().astype(float) / last
    table = table.assign(
        corridor=grouped["corridor"].first(), leg_id=grouped["leg_id"].first(),
        near_place=grouped["near_place"].first(), mode=grouped["mode"].first(),
        from_km=grouped["chainage_from_km"].min(), to_km=grouped["chainage_to_km"].max(),
        ranked_km=grouped["length_km"].sum(), place=ranks["rank"], band_low=ranks["rank_low"],
        band_high=ranks["rank_high"],
    )
    table.index.name = "stretch_id"
    return table.sort_values("place", kind="stable")


def tell_reasons(row: pd.Series) -> str:
    """Say why a stretch or segment stands where it does, beside the middle of its corridor.

    Parameters
    ----------
    row : Series
        ``share_*`` and ``shapley_*``, as in the ``priority`` layer.

    Examples
    --------
    >>> row = pd.Series({"share_hazard": 0.405, "share_vulnerability": 0.0, "share_coping": 0.182,
    ...                  "shapley_sec": 1.0, "shapley_acc": 0.2, "shapley_env": 0.3,
    ...                  "shapley_wat": 3.5})
    >>> tell_reasons(row)
    '1.8 times the middle of its corridor: x1.5 from hazards (most of it drowning), x1.2 from help \
out of reach'
    """
    shares = {name: float(row[f"share_{name}"]) for name in DIMENSIONS}
    total = float(np.exp(sum(shares.values())))
    worst = max(CLASSES, key=lambda name: float(row[f"shapley_{name}"]))
    told = []
    for name, share in sorted(shares.items(), key=lambda item: -abs(item[1])):
        if abs(share) >= _TOLD:
            most = f" (most of it {WORDS[worst]})" if name == "hazard" else ""
            told.append(f"x{np.exp(share):.1f} from {_CAUSES[name]}{most}")
    if not told:
        return f"like the middle of its corridor; most of the hazard: {WORDS[worst]}"
    return f"{total:.1f} times the middle of its corridor: {', '.join(told)}"


def tell_missing(row: pd.Series) -> str:
    """Services of which less than half is within reach, joined; unknown ones say so.

    Examples
    --------
    >>> tell_missing(pd.Series({"covered_water": 0.0, "covered_health": 1.0,
    ...                         "covered_shelter": 0.4, "covered_protection": np.nan}))
    'water, shelter, protection (not known)'
    """
    told = []
    for name in SERVICES:
        share = float(row[f"covered_{name}"])
        if np.isnan(share):
            told.append(f"{name} (not known)")
        elif share < _HALF:
            told.append(name)
    return ", ".join(told)


def tell_band(low: float, high: float) -> str:
    """A rank band as places in a line of 100, the neediest first.

    Parameters
    ----------
    low, high : float
        Ranks as shares of all that are ranked.

    Examples
    --------
    >>> tell_band(0.002, 0.138), tell_band(0.002, 0.003)
    ('1 to 14', '1')
    """
    ends = [max(1, int(np.ceil(100 * value - 1e-9))) for value in (low, high)]
    return f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else f"{ends[0]}"


def tabulate_defaults(parameters: Parameters, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Group declared defaults by what they belong to: ``mode.foot``, ``sec 1, acc 0.5, …``."""
    groups: dict[str, list[str]] = {}
    for name in names:
        start, _, end = name.removeprefix("priority.").rpartition(".")
        entry = parameters.entries[name]
        mark = " (contested)" if str(entry.get("source", "")).startswith("CONTESTED") else ""
        groups.setdefault(start or end, []).append(f"{end} {entry['value']:.3g}{mark}")
    return [(start, ", ".join(parts)) for start, parts in groups.items()]
