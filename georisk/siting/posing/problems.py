"""What siting decides over: uncovered stretches, what each weighs, and by which evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.coverage import SORTED_DIRECTIONS
from georisk.spelling import tell_names
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from georisk.network import BoolArray
    from georisk.parameters import Parameters
    from layers.crs import FloatArray

_OVERALL = ""
_PER_100_KM = 100.0 / 1e5
_DAYS_A_YEAR = 365.25
_PROTECTION = frozenset({"legal", "asylum", "rfl", "psychosocial", "child_protection"})
_KINDS = {"water": "water", "medical": "medical", "emergency_care": "medical",
          "shelter": "shelter"}


def check_wanted(services: pd.DataFrame, wanted: Collection[str]) -> None:
    """Refuse services that the study does not know.

    Raises
    ------
    CallError
        Naming those that there are.
    """
    unknown = sorted(set(wanted) - set(services.index))
    if unknown or not wanted:
        told = ", ".join(unknown) or "is given"
        raise CallError(f"site: no such service: {told}: "
                        f"{tell_names(' '.join(unknown), sorted(map(str, services.index)))}")


def list_demand(
    segments: pd.DataFrame,
    coverage: pd.DataFrame,
    services: pd.DataFrame,
    *,
    wanted: Collection[str],
) -> pd.DataFrame:
    """List segment, service and direction wherever a wanted service is out of reach now.

    Returns
    -------
    DataFrame
        One row each, in the order of ``coverage_id``; columns ``segment segment_id service
        direction length_km threshold_h measure``; ``segment`` is the row of the segments frame.
    """
    names = ["segment_id", "service", "direction", "threshold_h"]
    open_ = ~coverage["covered"].to_numpy(bool) & coverage["service"].isin(list(wanted))
    demand = coverage.loc[open_, names].sort_index().reset_index(drop=True)
    row = segments.index.get_indexer(demand["segment_id"])
    return demand.assign(
        segment=row,
        length_km=segments["length_km"].to_numpy(float)[row],
        measure=services["measure"].reindex(demand["service"]).to_numpy(object),
    )


def fill_intensity(segments: pd.DataFrame) -> tuple[FloatArray, float]:
    """Intensity per segment, with the corridor's median where evidence is insufficient.

    Silence is not safety: where too little is known, a segment weighs like its corridor. Where
    a whole corridor is silent, or its median is 0, it takes the median of all; where nothing is
    known at all, or that is 0 too, 1.

    Parameters
    ----------
    segments : DataFrame
        Columns ``intensity_per_100km_year length_km``, and ``evidence corridor`` where known.

    Returns
    -------
    intensity : array of shape (n_segments,)
        Incidents per 100 km and year.
    filled_km : float
        Length of the segments whose intensity was filled in: to be printed beside the result.

    Examples
    --------
    >>> import pandas as pd
    >>> segments = pd.DataFrame({"intensity_per_100km_year": [1.0, 3.0, None],
    ...     "length_km": [1.0, 1.0, 0.9], "corridor": ["a", "a", "a"]})
    >>> intensity, filled_km = fill_intensity(segments)
    >>> intensity.tolist(), filled_km
    ([1.0, 3.0, 2.0], 0.9)
    """
    intensity = pd.Series(segments["intensity_per_100km_year"].to_numpy(float))
    if "evidence" in segments:
        intensity = intensity.mask((segments["evidence"] == "insufficient").to_numpy(bool))
    empty = intensity.isna()
    filled_km = float(segments["length_km"].to_numpy(float)[empty].sum())
    if "corridor" in segments:
        corridor = segments["corridor"].fillna(_OVERALL).to_numpy(object)
        usual = intensity.groupby(corridor).transform("median")
        intensity = intensity.fillna(usual.where(usual > 0))
    overall = intensity.median()
    return intensity.fillna(overall if overall > 0 else 1.0).to_numpy(float), filled_km


def measure_flow_factor(
    people: FloatArray, segments: pd.DataFrame, intensity: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """What flow changes of the weight of each segment and direction.

    Where people are counted, the rate per person times the flow stands in the place of the
    intensity, and each direction takes its share of the people; elsewhere the intensity, which
    holds the flow already, counts alike both ways.

    Parameters
    ----------
    people : array of shape (n_segments, 2)
        A day, columns `georisk.coverage.SORTED_DIRECTIONS`; NaN where nobody counted.
    segments : DataFrame
        Columns ``incidents_per_100k_person_km evidence`` where known.
    intensity : array of shape (n_segments,)
        Of `fill_intensity`.

    Returns
    -------
    factor : array of shape (n_segments, 2)
        Times the intensity; ones where nobody counted.
    counted : array of bool, shape (n_segments,)

    Examples
    --------
    300 people a day north and 100 south: 1.5 and 0.5.

    >>> import numpy as np, pandas as pd
    >>> people = np.array([[100.0, 300.0], [np.nan, np.nan]])
    >>> factor, counted = measure_flow_factor(people, pd.DataFrame(index=[0, 1]), np.ones(2))
    >>> factor.tolist(), counted.tolist()
    ([[0.5, 1.5], [1.0, 1.0]], [True, False])
    """
    total = np.nansum(people, axis=1)
    counted: BoolArray = np.asarray(np.isfinite(people).any(axis=1), bool)
    share = np.divide(np.nan_to_num(people), total[:, None], where=total[:, None] > 0,
                      out=np.full(people.shape, 0.5))
    factor = np.where(counted[:, None], 2.0 * share, 1.0)
    if "incidents_per_100k_person_km" not in segments:
        return factor, counted
    rate = segments["incidents_per_100k_person_km"].to_numpy(float)
    product = rate * total * _DAYS_A_YEAR * _PER_100_KM
    known = counted & np.isfinite(product) & (intensity > 0)
    if "evidence" in segments:
        known &= (segments["evidence"] != "insufficient").to_numpy(bool)
    scale = np.divide(product, intensity, where=known, out=np.ones(len(intensity)))
    return factor * scale[:, None], counted


def weigh_demand(
    demand: pd.DataFrame, intensity: FloatArray | None = None, *,
    factor: FloatArray | None = None,
) -> FloatArray:
    """Weigh each demand row: length, or length times intensity.

    Parameters
    ----------
    demand : DataFrame
        Of `list_demand`.
    intensity : array of shape (n_segments,) or (n_draws, n_segments), optional
        Incidents per 100 km and year; without it people count alike everywhere.
    factor : array of shape (n_segments, 2), optional
        Of `measure_flow_factor`.

    Returns
    -------
    array of shape (n_demand,) or (n_draws, n_demand)
        km, or km times incidents per 100 km and year.
    """
    weight: NDArray[np.float64] = demand["length_km"].to_numpy(float)
    segment = demand["segment"].to_numpy(np.int64)
    if factor is not None:
        weight = weight * factor[segment, find_side(demand)]
    if intensity is None:
        return weight
    return np.asarray(weight * intensity[..., segment])


def share_services(parameters: Parameters, wanted: Collection[str]) -> dict[str, float]:
    """What a risk-weighted km without each service counts, where several are asked for together.

    In proportion to ``siting.weight.*``, with mean 1 over the services: one alone counts 1.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> share_services(Parameters.read(), ["water"])
    {'water': 1.0}
    >>> found = share_services(Parameters.read(), ["water", "legal"])  # 0.3 and 0.2
    >>> {name: round(share, 2) for name, share in found.items()}
    {'legal': 0.8, 'water': 1.2}
    """
    weight = {
        name: float(parameters.value(
            f"siting.weight.{'protection' if name in _PROTECTION else _KINDS.get(name, 'other')}"))
        for name in sorted(wanted)
    }
    mean = sum(weight.values()) / len(weight) if weight else 1.0
    return {name: value / mean for name, value in weight.items()} if mean > 0 else {}


def find_side(demand: pd.DataFrame) -> NDArray[np.int64]:
    """Column of each row's direction in arrays of `georisk.coverage.SORTED_DIRECTIONS`."""
    return np.asarray(demand["direction"] == SORTED_DIRECTIONS[1][0], np.int64)


def sample_demand(
    demand: pd.DataFrame, segments: pd.DataFrame, *, step_km: float
) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Thin demand out: of each so many km of a leg the row entered first stands for all.

    From there it is farthest to whatever lies ahead of the whole stretch, so hours to go are
    told at most as many km too long.

    Returns
    -------
    sample : DataFrame
        As the demand, with ``length_km`` of all rows it stands for.
    group : array of shape (n_demand,)
        Row of the sample that stands for each row.
    """
    row = demand["segment"].to_numpy(np.int64)
    km = segments["chainage_from_km"].to_numpy(float)[row]
    side = find_side(demand)
    keys = pd.DataFrame({
        "leg": segments["leg_id"].to_numpy(object)[row], "service": demand["service"],
        "side": side, "stretch": np.floor(km / step_km),
    })
    group = keys.groupby(["leg", "service", "side", "stretch"], sort=True).ngroup().to_numpy()
    entered = np.where(side == 1, km, -km)  # forward a stretch is entered at its lowest km
    order = np.lexsort((entered, group))
    first = order[np.r_[True, group[order][1:] != group[order][:-1]][: len(order)]]
    length = np.bincount(group, weights=demand["length_km"].to_numpy(float))
    sample = demand.iloc[first].reset_index(drop=True).assign(length_km=length)
    return sample, np.asarray(group, np.int64)
