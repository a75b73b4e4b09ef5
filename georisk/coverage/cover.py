"""Where help is within reach: time from each segment to the nearest open place ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.coverage.ahead import SORTED_DIRECTIONS, Ahead, find_ahead, find_rows
from georisk.coverage.eligible import Visitor, find_eligible
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from georisk.network import BoolArray, IntArray
    from georisk.travel import Travel
    from layers.crs import FloatArray

MEASURES = frozenset({"walk", "mode"})
TOLERANCE_H = 1e-9
STATES = ("uncovered", "unverified", "covered")
_ANYBODY = Visitor()


@dataclass(frozen=True, eq=False)
class Cover:
    """Coverage as arrays of shape (n_segments, n_services, 2), columns `SORTED_DIRECTIONS`.

    Attributes
    ----------
    services : DataFrame
        Sorted; ``threshold_h`` and ``measure``.
    place_ids : tuple of str
        What rows of places stand for; -1 is none.
    nearest, second : array of int
        On foot; the nearest by mode where none can be walked to.
    distance_km, walk_h, mode_h, second_walk_h : array
        Infinite, or NaN for km, where none can be reached.
    by_place, by_second : array of int
        By the service's own measure: what coverage rests on.
    by_h, by_second_h : array
    threshold_h : array
    redundant_times : float
        Times the threshold, within which a second place must lie.
    verified_h : array
        To the nearest place whose months and hours are known, by the service's own measure.
    """

    services: pd.DataFrame
    place_ids: tuple[str, ...]
    nearest: IntArray
    distance_km: FloatArray
    walk_h: FloatArray
    mode_h: FloatArray
    second: IntArray
    second_walk_h: FloatArray
    by_place: IntArray
    by_h: FloatArray
    by_second: IntArray
    by_second_h: FloatArray
    verified_h: FloatArray
    threshold_h: FloatArray
    synthetic: bool
    redundant_times: float = 1.5

    @property
    def covered(self) -> BoolArray:
        """Within the threshold, unknown months and hours counted as open."""
        return np.asarray(self.by_h <= self.threshold_h + TOLERANCE_H)

    @property
    def covered_verified(self) -> BoolArray:
        """Within the threshold of a place whose months and hours are known."""
        return np.asarray(self.verified_h <= self.threshold_h + TOLERANCE_H)

    @property
    def redundant(self) -> BoolArray:
        """Covered, and another place lies not much farther."""
        farthest_h = self.redundant_times * self.threshold_h + TOLERANCE_H
        return self.covered & (self.by_second_h <= farthest_h)

    @property
    def state(self) -> IntArray:
        """Rows of `STATES`."""
        return self.covered.astype(np.int64) + self.covered_verified


def cover_services(
    worlds: Sequence[Travel],
    places: pd.DataFrame,
    services: pd.DataFrame,
    *,
    visitor: Visitor = _ANYBODY,
    limits: Mapping[str, FloatArray] | None = None,
    redundant_times: float = 1.5,
) -> Cover:
    """Find the nearest open place ahead of each segment, per service and direction.

    Parameters
    ----------
    worlds : sequence of Travel
        Over a network with ``places`` attached; of several the nearest counts.
    places : DataFrame
        Index ``place_id``; columns as for `find_eligible`, and ``synthetic``.
    services : DataFrame
        Index service; columns ``threshold_h`` and ``measure`` (``walk`` or ``mode``).
    visitor : Visitor
    limits : mapping, optional
        Thresholds that differ from place to place, by service: hours, shape (n_segments, 2).

    redundant_times : float
        Times the threshold, within which a second place must lie.

    Raises
    ------
    CallError
        If a measure is unknown, or a place was not attached.
    """
    _check_services(services)
    services = services.sort_index()
    parts = [_cover_service(worlds, places, str(name), str(services.loc[name, "measure"]), visitor)
             for name in services.index]
    shape = (len(worlds[0].network.segment_node), len(services), len(SORTED_DIRECTIONS))
    threshold_h = np.empty(shape)
    threshold_h[:] = services["threshold_h"].to_numpy(float)[:, None]
    for name, hours in (limits or {}).items():
        if name in services.index:
            threshold_h[:, services.index.get_loc(name)] = hours
    return Cover(
        services, worlds[0].network.place_ids, threshold_h=threshold_h,
        synthetic=_is_synthetic(places), redundant_times=redundant_times,
        **{key: np.stack([part[key] for part in parts], axis=1) if parts
           else np.empty(shape, np.int64 if key in _ROWS else float) for key in _KEYS},
    )


_ROWS = ("nearest", "second", "by_place", "by_second")
_KEYS = (*_ROWS, "distance_km", "walk_h", "mode_h", "second_walk_h", "by_h", "by_second_h",
         "verified_h")


def _cover_service(
    worlds: Sequence[Travel], places: pd.DataFrame, service: str, measure: str, visitor: Visitor
) -> dict[str, NDArray[np.generic]]:
    eligible = find_eligible(places, service, visitor)
    rows = find_rows(worlds[0], eligible.every)
    walk, ride = (find_ahead(worlds, rows, name) for name in ("walk", "mode"))
    by = walk if measure == "walk" else ride
    verified_h = by.hours
    if len(eligible.verified) < len(eligible.every):
        known = find_rows(worlds[0], eligible.verified)
        verified_h = find_ahead(worlds, known, measure).hours
    return {**_describe(walk, ride), "by_place": by.place, "by_h": by.hours,
            "by_second": by.second, "by_second_h": by.second_h, "verified_h": verified_h}


def _describe(walk: Ahead, ride: Ahead) -> dict[str, NDArray[np.generic]]:
    on_foot = walk.place >= 0
    return {
        "nearest": np.where(on_foot, walk.place, ride.place),
        "distance_km": np.where(on_foot, walk.distance_km, ride.distance_km),
        "walk_h": walk.hours, "mode_h": ride.hours, "second": walk.second,
        "second_walk_h": walk.second_h,
    }


def compute_coverage(
    segments: pd.DataFrame,
    travel: Travel,
    places: pd.DataFrame,
    services: pd.DataFrame,
    *,
    visitor: Visitor = _ANYBODY,
) -> pd.DataFrame:
    """Nearest open place ahead of each segment, as a table.

    Time runs from the end where the segment is entered. ``walk_h`` and ``mode_h`` are the least
    time on foot and by the legs' modes; ``nearest_id`` and ``distance_km`` belong to the place
    nearest on foot, and to the one nearest by mode where none can be walked to.

    Parameters
    ----------
    segments : DataFrame
        Those the network was built from, index ``segment_id``.
    travel, places, services, visitor
        As for `cover_services`.

    Returns
    -------
    DataFrame
        As `tabulate_cover` gives it.
    """
    cover = cover_services((travel,), places, services, visitor=visitor)
    return tabulate_cover(segments, cover)


def tabulate_cover(segments: pd.DataFrame, cover: Cover) -> pd.DataFrame:
    """Lay coverage out, one row a segment, service and direction.

    Returns
    -------
    DataFrame
        As ``layers/specs/coverage.toml`` says. Unreachable: times missing, not covered. Exactly
        at the threshold is covered.
    """
    index, names = _name_rows(segments, cover.services)
    frame = pd.DataFrame(
        {
            **names,
            "nearest_id": _name_places(cover, cover.nearest),
            "distance_km": cover.distance_km.ravel(),
            "walk_h": _blank(cover.walk_h),
            "mode_h": _blank(cover.mode_h),
            "covered": pd.array(cover.covered.ravel(), dtype="boolean"),
            "second_id": _name_places(cover, cover.second),
            "second_walk_h": _blank(cover.second_walk_h),
            "threshold_h": cover.threshold_h.ravel(),
            "covered_verified": pd.array(cover.covered_verified.ravel(), dtype="boolean"),
            "status": pd.array(np.array(STATES, dtype=object)[cover.state.ravel()], dtype="str"),
            "redundant": pd.array(cover.redundant.ravel(), dtype="boolean"),
            "synthetic": pd.array(np.full(len(index), cover.synthetic), dtype="boolean"),
        },
        index=index,
    )
    return frame if frame.index.is_monotonic_increasing else frame.sort_index()


def _check_services(services: pd.DataFrame) -> None:
    for name, measure in services["measure"].items():
        if measure not in MEASURES:
            raise CallError(f"service {name}, measure = {measure}: give walk or mode")


def _is_synthetic(places: pd.DataFrame) -> bool:
    return "synthetic" in places and bool(places["synthetic"].fillna(value=False).any())


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


def _name_places(cover: Cover, rows: NDArray[np.generic]) -> pd.api.extensions.ExtensionArray:
    names = np.array([*cover.place_ids, None], dtype=object)
    return pd.array(names[rows.ravel()], dtype="str")


def _blank(hours: NDArray[np.generic]) -> NDArray[np.generic]:
    flat = hours.ravel()
    return np.where(np.isfinite(flat), flat, np.nan)
