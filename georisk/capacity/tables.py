"""Tables of capacity: a row a place and service, and a row a corridor, service and direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.capacity.room import UNITS, Room
from georisk.coverage import SORTED_DIRECTIONS
from layers.catalog import find_spec
from layers.layer import empty_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.capacity.study import ServiceCapacity
    from layers.crs import FloatArray

_DECIMALS = 3
_SHARES = ("demand", "with_service", "short", "unreachable", "unverified")


def list_parts(found: ServiceCapacity) -> dict[str, FloatArray]:
    """What is needed and its parts, per segment and direction; NaN where nobody counted."""
    least, unknown = found.both.least, np.isnan(found.needed)
    parts = {"demand": found.needed, "with_service": least.with_service, "short": least.short,
             "unreachable": least.unreachable, "unverified": found.both.unverified}
    return {name: np.where(unknown, np.nan, values) for name, values in parts.items()}


def tabulate_places(
    found: ServiceCapacity, service: str, room: Room, *, length_km: FloatArray,
    served_per_day: FloatArray,
) -> pd.DataFrame:
    """One row a place, as ``layers/specs/capacity.toml`` says, without ``synthetic``.

    Each segment and direction belongs to the catchment of its nearest place ahead, so what is
    needed is divided over places and counted once.
    """
    reach, count = found.times.reach, len(found.times.reach.place_ids)
    counted = ~np.isnan(found.needed)
    km = np.bincount(reach.place, length_km[reach.demand], count)
    km_counted = np.bincount(reach.place, (length_km * counted)[reach.demand], count)
    nearest = found.times.nearest
    mine = (nearest >= 0) & counted
    seen = (km_counted > 0) | (np.bincount(nearest[mine], minlength=count) > 0)
    sums = {name: np.where(seen, np.bincount(nearest[mine], values[mine], count), np.nan)
            for name, values in list_parts(found).items()}
    least = found.both.least
    load = np.where(seen & np.isfinite(room.amount), least.load, np.nan)
    frame = pd.DataFrame({
        "place_id": pd.array(reach.place_ids.astype(str), dtype="str"), "service": service,
        "unit": UNITS[service], "capacity": room.amount, "basis": room.basis, **sums, "load": load,
        "utilisation": np.divide(load, room.amount, out=np.full(count, np.nan),
                                 where=room.amount > 0),
        "one_more": pd.arrays.BooleanArray(least.one_more.copy(), ~seen),
        "counted_share": np.divide(km_counted, km, out=np.full(count, np.nan), where=km > 0),
        "served_per_day": served_per_day,
    })
    frame.index = pd.Index([f"{name}-{service}" for name in reach.place_ids], dtype="str")
    return _round(frame)


def tabulate_corridors(
    found: ServiceCapacity, service: str, *, corridor: pd.Series, northward: np.ndarray,
    length_km: FloatArray,
) -> pd.DataFrame:
    """One row a corridor and direction, as ``layers/specs/capacity_totals.toml`` says.

    Parameters
    ----------
    corridor : Series of str, 2 * n_segments rows
        Owning corridor, missing for none.
    northward : array of bool, shape (2 * n_segments,)
    length_km : array of shape (2 * n_segments,)
    """
    parts = list_parts(found)
    thin = np.where((found.access < 1.0) & (found.needed > 0), found.needed, 0.0)
    counted = ~np.isnan(found.needed)
    rows = pd.DataFrame({
        "corridor": corridor.fillna("").to_numpy(),
        "direction": np.where(northward, "forward", "backward"), **parts,
        "thin": np.where(counted, thin, np.nan), "counted_km": length_km * counted,
        "length_km": length_km,
    })
    frame = rows.groupby(["corridor", "direction"], sort=True).sum(min_count=1).reset_index()
    frame = frame.assign(service=service, unit=UNITS[service])
    names = frame["corridor"].where(frame["corridor"] != "", "none")
    frame.index = pd.Index(names + f"-{service}-" + frame["direction"], dtype="str")
    frame["corridor"] = frame["corridor"].mask(frame["corridor"] == "")
    return _round(frame)


def name_demands(segments: pd.DataFrame) -> np.ndarray:
    """Ids of what is needed: a segment and a direction.

    Examples
    --------
    >>> name_demands(pd.DataFrame(index=["a-0001"])).tolist()
    ['a-0001-backward', 'a-0001-forward']
    """
    directions = [name for name, _ in SORTED_DIRECTIONS]
    return np.array([f"{segment}-{name}" for segment in segments.index for name in directions])


def join_tables(name: str, parts: Sequence[pd.DataFrame], *, synthetic: bool) -> pd.DataFrame:
    """Put the tables of all services together in the shape of their spec; sorted by id."""
    spec = find_spec(name)
    columns = [column for column in spec.columns if column != "synthetic"]
    if parts:
        frame = pd.concat([part[columns] for part in parts]).sort_index(kind="stable")
    else:
        frame = pd.DataFrame({column: empty_column(spec.columns[column], 0) for column in columns})
        frame.index = pd.Index([], dtype="str")
    frame["synthetic"] = pd.array([synthetic] * len(frame), dtype="boolean")
    return frame.rename_axis(spec.id)


def _round(frame: pd.DataFrame) -> pd.DataFrame:
    numbers = frame.select_dtypes("float").columns
    return frame.assign(**{name: frame[name].round(_DECIMALS) + 0.0 for name in numbers})
