"""Where help is within reach: time from each segment to the nearest open place ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.routing import NOWHERE, find_two_nearest
from georisk.travel import BACKWARD, FORWARD, NORTHWARD, SOUTHWARD
from layers.errors import CallError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.network import IntArray
    from georisk.travel import Travel

# In the order in which ids sort.
SORTED_DIRECTIONS = (("backward", BACKWARD), ("forward", FORWARD))
MEASURES = frozenset({"walk", "mode"})
NO_HELP_KINDS = frozenset({"detention"})
TOLERANCE_H = 1e-9
Columns = dict[str, "NDArray[np.generic]"]


def list_open_places(
    places: pd.DataFrame, service: str, *, group: str = "men"
) -> NDArray[np.str_]:
    """Ids of places that offer a service and do not turn the traveller's group away.

    Unknown is not no. Opening hours and months are not looked at: coverage is annual. Places of
    detention help nobody on the way.

    Parameters
    ----------
    places : DataFrame
        Index ``place_id``; columns ``services`` and, where known, ``admits``, ``place_kind``.
    group : str
        As in ``admits``; ``men`` for the reference profile, an adult man.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"services": [("water",), ("water",)],
    ...     "admits": [("men:no", "women:yes"), ()]}, index=["a", "b"])
    >>> list_open_places(places, "water").tolist()
    ['b']
    """
    offers = np.array([service in items for items in places["services"]], bool)
    if "admits" in places:
        offers &= np.array([f"{group}:no" not in items for items in places["admits"]], bool)
    if "place_kind" in places:
        offers &= ~places["place_kind"].isin(NO_HELP_KINDS).to_numpy(bool)
    return np.sort(places.index[offers].astype("str").to_numpy(dtype=str))


def compute_coverage(
    segments: pd.DataFrame,
    travel: Travel,
    places: pd.DataFrame,
    services: pd.DataFrame,
    *,
    group: str = "men",
) -> pd.DataFrame:
    """Nearest open place ahead of each segment, per service and direction.

    Time runs from the end where the segment is entered. ``walk_h`` and ``mode_h`` are the least
    time on foot and by the legs' modes; ``nearest_id`` and ``distance_km`` belong to the place
    nearest on foot, and to the one nearest by mode where none can be walked to.

    Parameters
    ----------
    segments : DataFrame
        Those the network was built from, index ``segment_id``.
    travel : Travel
        Over a network with ``places`` attached.
    places : DataFrame
        Index ``place_id``; columns as for `list_open_places`, and ``synthetic``.
    services : DataFrame
        Index service; columns ``threshold_h`` and ``measure`` (``walk`` or ``mode``).
    group : str
        Group of ``admits`` for whom a place must be open.

    Returns
    -------
    DataFrame
        As ``layers/specs/coverage.toml`` says. Unreachable: times missing, not covered. Exactly
        at the threshold is covered.

    Raises
    ------
    CallError
        If a measure is unknown, or a place was not attached.
    """
    _check_services(services)
    services = services.sort_index()
    found = {
        name: _cover_service(travel, _find_rows(travel, ids))
        for name, ids in (
            (name, list_open_places(places, name, group=group)) for name in services.index
        )
    }
    shape = (len(segments), len(services), len(SORTED_DIRECTIONS))
    arrays = {
        key: np.stack([found[name][key] for name in services.index], axis=1).reshape(-1)
        for key in ("place", "distance_km", "walk_h", "mode_h", "second", "second_h")
    } if len(services) else {}
    return _lay_out(segments, travel, services, arrays, shape, synthetic=_is_synthetic(places))


def choose_nearer(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Of two coverages of the same segments and services, what is nearer, row by row.

    The second place is the nearest of what is left in either.
    """
    nearer = two["walk_h"].fillna(np.inf) < one["walk_h"].fillna(np.inf)
    best, rest = one.where(~nearer, two), two.where(~nearer, one)
    first_h = rest["walk_h"].fillna(np.inf)
    other = (rest["nearest_id"] != best["nearest_id"]).fillna(value=True).astype(bool)
    other &= first_h < best["second_walk_h"].fillna(np.inf)
    return best.assign(
        mode_h=np.fmin(one["mode_h"], two["mode_h"]),
        covered=one["covered"].astype(bool) | two["covered"].astype(bool),
        second_id=best["second_id"].where(~other, rest["nearest_id"]),
        second_walk_h=best["second_walk_h"].where(~other, rest["walk_h"]),
    )


def _check_services(services: pd.DataFrame) -> None:
    for name, measure in services["measure"].items():
        if measure not in MEASURES:
            raise CallError(f"service {name}, measure = {measure}: give walk or mode")


def _find_rows(travel: Travel, ids: NDArray[np.str_]) -> IntArray:
    known = {name: row for row, name in enumerate(travel.network.place_ids)}
    absent = [name for name in ids if name not in known]
    if absent:
        raise CallError(
            f"places: {', '.join(absent[:5])} are not on the network; attach every place first"
        )
    return np.array([known[name] for name in ids], np.int64)


def _is_synthetic(places: pd.DataFrame) -> bool:
    return "synthetic" in places and bool(places["synthetic"].fillna(value=False).any())


def find_entries(travel: Travel) -> tuple[IntArray, IntArray]:
    """Node and heading in which each segment is entered, backward and forward.

    Returns
    -------
    node, heading : array of shape (n_segments, 2)
        Columns in the order of `SORTED_DIRECTIONS`.
    """
    network = travel.network
    node = network.segment_node[:, ::-1]
    leg_of_segment = np.empty(len(node), np.int64)
    leg_of_segment[network.segment] = network.leg
    sign = travel.leg_sign[leg_of_segment]
    return node, np.column_stack([BACKWARD * sign, FORWARD * sign])


def _cover_service(travel: Travel, rows: IntArray) -> Columns:
    """Nearest places of one service, each array of shape (n_segments, 2)."""
    node, heading = find_entries(travel)
    out: Columns = {name: np.full(node.shape, NOWHERE, np.int64) for name in ("place", "second")}
    for name in ("distance_km", "walk_h", "mode_h", "second_h"):
        out[name] = np.full(node.shape, np.nan)
    for way in (NORTHWARD, SOUTHWARD):
        here = heading == way
        walk = find_two_nearest(travel.graphs["walk", way], rows)
        ride = find_two_nearest(travel.graphs["mode", way], rows)
        on_foot = walk.place >= 0
        at = node[here]
        out["place"][here] = np.where(on_foot, walk.place, ride.place)[at]
        out["distance_km"][here] = np.where(on_foot, walk.distance_km, ride.distance_km)[at]
        out["walk_h"][here] = walk.hours[at]
        out["mode_h"][here] = ride.hours[at]
        out["second"][here] = walk.second[at]
        out["second_h"][here] = walk.second_h[at]
    return out


def _lay_out(
    segments: pd.DataFrame,
    travel: Travel,
    services: pd.DataFrame,
    arrays: Columns,
    shape: tuple[int, int, int],
    *,
    synthetic: bool,
) -> pd.DataFrame:
    index, names = _name_rows(segments, services)
    if not arrays:
        arrays = dict.fromkeys(("place", "second"), np.empty(0, np.int64))
        arrays |= dict.fromkeys(("distance_km", "walk_h", "mode_h", "second_h"), np.empty(0))
    threshold_h = np.broadcast_to(services["threshold_h"].to_numpy(float)[:, None], shape).ravel()
    ride = np.broadcast_to((services["measure"] == "mode").to_numpy(bool)[:, None], shape).ravel()
    hours = np.where(ride, arrays["mode_h"], arrays["walk_h"])
    frame = pd.DataFrame(
        {
            **names,
            "nearest_id": _name_places(travel, arrays["place"]),
            "distance_km": arrays["distance_km"],
            "walk_h": _blank(arrays["walk_h"]),
            "mode_h": _blank(arrays["mode_h"]),
            "covered": pd.array(hours <= threshold_h + TOLERANCE_H, dtype="boolean"),
            "second_id": _name_places(travel, arrays["second"]),
            "second_walk_h": _blank(arrays["second_h"]),
            "synthetic": pd.array(np.full(len(index), synthetic), dtype="boolean"),
        },
        index=index,
    )
    return frame if frame.index.is_monotonic_increasing else frame.sort_index()


def _name_rows(
    segments: pd.DataFrame, services: pd.DataFrame
) -> tuple[pd.Index, dict[str, pd.api.extensions.ExtensionArray]]:
    pairs = [
        (service, direction) for service in services.index for direction, _ in SORTED_DIRECTIONS
    ]
    tails = [f"-{service.replace('_', '-')}-{direction}" for service, direction in pairs]
    ids = [segment + tail for segment in segments.index for tail in tails]
    names = {
        "segment_id": pd.array(np.repeat(segments.index.to_numpy(), len(pairs)), dtype="str"),
        "service": pd.array([pair[0] for pair in pairs] * len(segments), dtype="str"),
        "direction": pd.array([pair[1] for pair in pairs] * len(segments), dtype="str"),
    }
    return pd.Index(ids, dtype="str", name="coverage_id"), names


def _name_places(travel: Travel, rows: NDArray[np.generic]) -> pd.api.extensions.ExtensionArray:
    names = np.array([*travel.network.place_ids, None], dtype=object)
    return pd.array(names[rows], dtype="str")


def _blank(hours: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.where(np.isfinite(hours), hours, np.nan)
