"""Where two scenarios differ on the ground: places, and segments won or lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.crs import WGS84, measure_distance_km

if TYPE_CHECKING:
    from georisk.network import BoolArray, IntArray
    from georisk.scenarios.reading import Reading

STATES = ("in_reach", "out_of_reach", "won", "lost", "mixed")
_MOVED_KM = 1e-4
_COLUMNS = ["place_id", "name", "layer", "change", "services_a", "services_b", "capacity_a",
            "capacity_b", "capacity_unit", "moved_km", "synthetic"]


def list_points(one: gpd.GeoDataFrame, two: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Places that only one scenario has, or that stand or serve otherwise in the second.

    Parameters
    ----------
    one, two : GeoDataFrame
        Places of all facility layers, index ``place_id``; ``services capacity capacity_unit``.

    Returns
    -------
    GeoDataFrame
        As ``layers/specs/compared_points.toml`` says, where they stand in the second scenario.
    """
    rows, shapes = [], []
    for id_ in sorted({*one.index, *two.index}):
        before = one.loc[id_] if id_ in one.index else None
        after = two.loc[id_] if id_ in two.index else None
        told = _describe_point(str(id_), before, after)
        if told is not None:
            rows.append(told)
            shapes.append((before if after is None else after).geometry)  # type: ignore[union-attr]
    index = pd.Index([row["place_id"] for row in rows], dtype="str", name="point_id")
    frame = pd.DataFrame(rows, columns=_COLUMNS, index=index)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=WGS84))


def _describe_point(
    id_: str, before: pd.Series | None, after: pd.Series | None
) -> dict[str, object] | None:
    shown = before if after is None else after
    if shown is None:
        return None
    moved_km = _measure_move(before, after)
    services = [() if row is None else tuple(row["services"]) for row in (before, after)]
    room = [_read_room(row) for row in (before, after)]
    if before is None:
        change = "opened"
    elif after is None:
        change = "closed"
    elif services[0] != services[1] or room[0] != room[1] or moved_km > _MOVED_KM:
        change = "changed"
    else:
        return None
    amounts = [np.nan if amount is None else amount for amount, _ in room]
    return {
        "place_id": id_, "name": shown.get("name", id_), "layer": shown["layer"],
        "change": change, "services_a": services[0], "services_b": services[1],
        "capacity_a": amounts[0], "capacity_b": amounts[1],
        "capacity_unit": room[1][1] or room[0][1] or None, "moved_km": round(moved_km, 3),
        "synthetic": bool(shown.get("synthetic", False)),
    }


def _read_room(row: pd.Series | None) -> tuple[float | None, str]:
    if row is None:
        return None, ""
    amount, unit = row.get("capacity"), row.get("capacity_unit")
    return (None if pd.isna(amount) else float(amount)), ("" if pd.isna(unit) else str(unit))


def _measure_move(before: pd.Series | None, after: pd.Series | None) -> float:
    if before is None or after is None:
        return 0.0
    one, two = (np.array([[row.geometry.x, row.geometry.y]]) for row in (before, after))
    return float(measure_distance_km(one[:, 0], one[:, 1], two[:, 0], two[:, 1])[0])


def list_segments(
    lines: gpd.GeoDataFrame, readings: tuple[Reading, Reading], leg_sign: IntArray
) -> gpd.GeoDataFrame:
    """Every segment with its state, for each service in which the scenarios differ at all.

    Returns
    -------
    GeoDataFrame
        As ``layers/specs/compared_segments.toml`` says.
    """
    one, two = readings
    kept = ["leg_id", "mode", "near_place", "chainage_from_km", "chainage_to_km", "length_km",
            "geometry"]
    frames = []
    for at, service in enumerate(one.services):
        before, after = one.covered[:, at], two.covered[:, at]
        if np.array_equal(before, after):
            continue
        state, sides = judge_states(before, after)
        frame = lines[kept].assign(
            segment_id=lines.index, service=service, state=state,
            direction=_name_directions(sides, leg_sign),
        )
        names = lines.index.astype("str") + "-" + service.replace("_", "-")
        frames.append(frame.set_index(pd.Index(names, name="compared_id")))
    if not frames:
        return lines[kept].iloc[:0].assign(segment_id="", service="", state="", direction="")
    return gpd.GeoDataFrame(pd.concat(frames).sort_index(), geometry="geometry", crs=WGS84)


def judge_states(before: BoolArray, after: BoolArray) -> tuple[np.ndarray, BoolArray]:
    """State of segments, and of which directions it holds.

    Parameters
    ----------
    before, after : array of bool, shape (n, 2)
        Within reach, in each direction.

    Returns
    -------
    state : array of str, shape (n,)
        One of `STATES`.
    sides : array of bool, shape (n, 2)

    Examples
    --------
    >>> before = np.array([[True, True], [True, False], [False, False]])
    >>> after = np.array([[True, True], [False, False], [True, False]])
    >>> judge_states(before, after)[0].tolist()
    ['in_reach', 'lost', 'won']
    """
    won, lost, out = (np.asarray(side) for side in (after & ~before, before & ~after,
                                                    ~(before | after)))
    any_won, any_lost, any_out = (np.asarray(side.any(axis=1)) for side in (won, lost, out))
    which = [any_won & any_lost, any_lost, any_won, any_out]
    state = np.select(which, ["mixed", "lost", "won", "out_of_reach"], default="in_reach")
    every = np.ones_like(won)
    sides = np.select([part[:, None] for part in which], [every, lost, won, out], default=every)
    return state, sides


def _name_directions(sides: BoolArray, leg_sign: IntArray) -> np.ndarray:
    north = np.where(leg_sign > 0, sides[:, 0], sides[:, 1])
    south = np.where(leg_sign > 0, sides[:, 1], sides[:, 0])
    return np.select([north & south, north], ["both", "forward"], default="backward")
