"""Segments in columns: one chain of points per piece of leg, one number per segment."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.encoding import encode_points, encode_runs, number_texts
from maps.theme import CLASSES, EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

_NUMBERS = ("risk_score", "intensity_per_100km_year", "intensity_low", "intensity_high")
_PER_DEGREE = 10_000
_POINTS_PER_SEGMENT = 2.0
_JOIN_DEG = 1e-5


def pack_segments(segments: pd.DataFrame, legs: pd.DataFrame | None) -> dict[str, Any]:
    """Pack the ``segments`` layer for drawing and for one popup per segment.

    Parameters
    ----------
    segments : GeoDataFrame
        The result layer, sorted by id: within a leg in order of chainage.
    legs : GeoDataFrame or None
        The ``routes`` layer, for the names of both ends.

    Returns
    -------
    dict
        ``places`` are names that pieces refer to by number. A piece holds: ``xy`` (points,
        1e-4 degrees, differences), ``steps`` (points that each segment adds; None is one
        each), ``cls``, ``evidence`` and ``near`` as runs, ``score`` in tenths, intensities as
        100 log10 of incidents per 100 km and year, ``low`` and ``high`` as differences from it.
        Where the evidence is insufficient there is no number at all.
    """
    segments = _drop_unfounded(segments)
    places, near = number_texts(list(segments["near_place"]))
    codes = {
        "cls": _number_values(segments["risk_class"], CLASSES),
        "evidence": _number_values(segments["evidence"], EVIDENCE),
        "near": np.asarray(near, dtype=int),
    }
    shapes = _thin_segments(segments.geometry.to_numpy())
    pieces = []
    for start, stop in _split_pieces(segments, shapes):
        piece = _describe_piece(segments.iloc[start:stop], legs)
        piece.update(_pack_chain(shapes[start:stop]))
        piece.update({name: encode_runs(code[start:stop].tolist()) for name, code in codes.items()})
        pieces.append(piece)
    return {"per_degree": _PER_DEGREE, "places": places, "pieces": pieces}


def _drop_unfounded(segments: pd.DataFrame) -> pd.DataFrame:
    # A number that rests on too little would be read as one that rests on something.
    weak = (segments["evidence"] == "insufficient").to_numpy()
    return segments.assign(**{
        name: segments[name].astype("float64").mask(weak) for name in _NUMBERS
    })  # fmt: skip


def _number_values(values: pd.Series, known: tuple[str, ...]) -> NDArray[np.int64]:
    numbers = {name: number for number, name in enumerate(known)}
    return np.asarray(values.map(numbers), dtype=np.int64)


def _thin_segments(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    # Ends of segments stay whatever the tolerance, so the chain stays whole.
    tolerance_deg = 1e-4
    thinned = shapely.simplify(shapes, tolerance_deg)
    budget = (_POINTS_PER_SEGMENT + 1) * len(shapes)
    while shapely.get_num_coordinates(thinned).sum() > budget and tolerance_deg < 0.1:  # noqa: PLR2004
        tolerance_deg *= 2
        thinned = shapely.simplify(shapes, tolerance_deg)
    return np.asarray(thinned)


def _split_pieces(
    segments: pd.DataFrame, shapes: NDArray[np.object_]
) -> Iterator[tuple[int, int]]:
    """Rows that follow on one another: same leg, and each begins where the last one ended."""
    legs = segments["leg_id"].to_numpy()
    first = shapely.get_coordinates(shapely.get_point(shapes, 0))
    last = shapely.get_coordinates(shapely.get_point(shapes, -1))
    broken = (legs[1:] != legs[:-1]) | (np.abs(first[1:] - last[:-1]).max(axis=1) > _JOIN_DEG)
    edges = [0, *(np.flatnonzero(broken) + 1).tolist(), len(shapes)]
    return pairwise(edges)


def _pack_chain(shapes: NDArray[np.object_]) -> dict[str, Any]:
    counts = shapely.get_num_coordinates(shapes) - 1
    xy = shapely.get_coordinates(shapes)
    starts = np.append(0, np.cumsum(counts[:-1] + 1))
    keep = np.ones(len(xy), dtype=bool)
    keep[starts[1:]] = False
    steps = None if (counts == 1).all() else [int(count) for count in counts]
    return {"xy": encode_points(xy[keep], per_degree=_PER_DEGREE), "steps": steps}


def _describe_piece(rows: pd.DataFrame, legs: pd.DataFrame | None) -> dict[str, Any]:
    leg_id = str(rows["leg_id"].iloc[0])
    ends: tuple[object, ...] = (leg_id, leg_id)
    if legs is not None and leg_id in legs.index:
        ends = tuple(legs.loc[leg_id, ["from_place", "to_place"]])
    return {
        "leg": leg_id,
        "from": str(ends[0]),
        "to": str(ends[1]),
        "mode": str(rows["mode"].iloc[0]),
        "first": int(str(rows.index[0]).rsplit("-", 1)[1]),
        "count": len(rows),
        "km": round(float(rows["chainage_from_km"].iloc[0]), 3),
        "step_km": round(float(rows["length_km"].mean()), 4),
        "score": _round_column(rows["risk_score"].to_numpy(dtype=float) * 10),
        "intensity": _pack_logs(rows["intensity_per_100km_year"]),
        "low": _pack_offsets(rows, "intensity_low"),
        "high": _pack_offsets(rows, "intensity_high"),
    }


def _pack_logs(values: pd.Series) -> list[int | None] | None:
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    positive = np.where(numbers > 0, numbers, np.nan)
    column = _round_column(100 * np.log10(positive))
    return None if all(number is None for number in column) else column


def _pack_offsets(rows: pd.DataFrame, end: str) -> list[int | None] | None:
    # Ends of an interval lie close to its middle: the difference is two digits, not four.
    middle, ends = _pack_logs(rows["intensity_per_100km_year"]), _pack_logs(rows[end])
    if middle is None or ends is None:
        return None
    pairs = zip(middle, ends, strict=True)
    return [None if a is None or b is None else b - a for a, b in pairs]


def _round_column(values: NDArray[np.float64]) -> list[int | None]:
    return [None if np.isnan(value) else round(float(value)) for value in values]
