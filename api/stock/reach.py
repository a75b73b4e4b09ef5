"""Coverage of whole corridors: the share covered, the longest gap, and what finds room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from layers.geojson import to_json_values

if TYPE_CHECKING:
    from api.stock.room import Room

DIRECTIONS = ("forward", "backward")
_KEYS = ["corridor", "service", "direction"]
_GAP = ("from_place", "to_place", "walk_h", "walk_days", "days", "length_km", "severity", "words",
        "next_h", "litres")
_ROOM = ("unit", "demand", "with_service", "short", "unreachable", "unverified", "counted_km")
SHARES_NOTE = ("Shares and amounts are restricted; gaps are told between the places that were "
               "listed when they were worked out.")


def sum_up_coverage(room: Room) -> list[dict[str, Any]]:
    """Sum up each corridor, service and direction, as far as the audience may know.

    Parameters
    ----------
    room : Room

    Returns
    -------
    list of dict
        ``covered_share`` and ``verified_share`` of the length (None where they are not shown),
        ``longest_gap`` (None: there is none), ``gaps`` their number, ``capacity`` what is needed
        on a mean day against what finds room (None: not shown, or nobody counted).
    """
    shares, gaps = _find_shares(room), _find_gaps(room)
    rooms = _find_rooms(room)
    keys = sorted({*shares, *gaps})
    return [
        {
            **dict(zip(_KEYS, key, strict=True)),
            **shares.get(key, {"length_km": None, "covered_share": None, "verified_share": None}),
            "gaps": gaps[key]["count"] if key in gaps else 0,
            "longest_gap": gaps[key]["longest"] if key in gaps else None,
            "capacity": rooms.get(key),
        }
        for key in keys
    ]


def _find_shares(room: Room) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Shares of the length of each corridor, in the corridor's own directions."""
    if not {"segments", "coverage"} <= set(room.collections):
        return {}
    segments, rows = room.frame("segments"), room.frame("coverage")
    at = segments.index.get_indexer(pd.Index(rows["segment_id"]))
    rows = rows[at >= 0]
    leg, legs = pd.factorize(segments["leg_id"].to_numpy()[at[at >= 0]])
    service, services = pd.factorize(rows["service"], sort=True)
    backward = (rows["direction"] == "backward").to_numpy()
    km = segments["length_km"].to_numpy(float)[at[at >= 0]]
    parts = [km, *(km * rows[name].fillna(value=False).to_numpy(bool)
                   for name in ("covered", "covered_verified") if name in rows)]
    shares: dict[tuple[str, str, str], dict[str, Any]] = {}
    for corridor, steps in sorted(room.door.corridors().items()):
        sign = pd.Series(dict(steps), dtype=float).reindex(legs).fillna(0).to_numpy()[leg]
        own = sign != 0
        # A leg walked against its chainage: the corridor's forward is the leg's backward.
        cell = service[own] * 2 + (backward[own] ^ (sign[own] < 0))
        sums = [np.bincount(cell, part[own], minlength=2 * len(services)) for part in parts]
        for n in np.flatnonzero(sums[0] > 0):
            key = (corridor, str(services[n // 2]), DIRECTIONS[n % 2])
            shares[key] = _tell_shares([float(it[n]) for it in sums])
    return shares


def _tell_shares(sums_km: list[float]) -> dict[str, Any]:
    total_km, *covered_km = sums_km
    shares = [round(part / total_km, 4) for part in covered_km]
    names = ("covered_share", "verified_share")
    return {"length_km": round(total_km, 1), **dict.fromkeys(names),
            **dict(zip(names, shares, strict=False))}


def _find_gaps(room: Room) -> dict[tuple[str, str, str], dict[str, Any]]:
    if "gaps" not in room.collections:
        return {}
    frame = pd.DataFrame(room.frame("gaps").drop(columns="geometry", errors="ignore"))
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for key, part in frame.groupby(_KEYS, sort=True):
        # Where nobody can walk through there are no hours: such a gap is longer than any other.
        hours = part["walk_h"].astype("float64").fillna(np.inf)
        longest = part.loc[[hours.sort_values(ascending=False, kind="stable").index[0]]]
        told = {name: to_json_values(longest[name])[0] for name in _GAP if name in longest}
        found[tuple(map(str, key))] = {  # type: ignore[index]
            "count": len(part), "longest": {"gap_id": str(longest.index[0]), **told}}
    return found


def _find_rooms(room: Room) -> dict[tuple[str, str, str], dict[str, Any]]:
    if "capacity_totals" not in room.collections:
        return {}
    frame = room.frame("capacity_totals")
    columns = {name: to_json_values(frame[name]) for name in (*_KEYS, *_ROOM) if name in frame}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {
        (row["corridor"], row["service"], row["direction"]):
        {name: row[name] for name in _ROOM if name in row}
        for row in rows if row["corridor"] is not None and row["demand"] is not None
    }
