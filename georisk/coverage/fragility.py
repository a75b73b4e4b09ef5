"""What hangs on one place: the way that loses coverage if it closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.coverage.ahead import SORTED_DIRECTIONS
from georisk.coverage.cover import TOLERANCE_H
from layers.catalog import find_spec
from layers.layer import empty_column

if TYPE_CHECKING:
    from georisk.coverage.cover import Cover
    from layers.crs import FloatArray

_DECIMALS = 3


def measure_fragility(cover: Cover, length_km: FloatArray, people: FloatArray) -> pd.DataFrame:
    """What loses a service if one place closes and nothing else changes; exact.

    Whoever is covered has the nearest place within the threshold. If it closes, the second
    nearest is the nearest; so nothing but segments whose second lies beyond the threshold lose.

    Parameters
    ----------
    cover : Cover
    length_km : array of shape (n_segments,)
    people : array of shape (n_segments, 2)
        A day, NaN where nobody counted (`georisk.coverage.shares.count_people`).

    Returns
    -------
    DataFrame
        As ``layers/specs/fragility.toml`` says: one row for each place and service that covers
        anything, also where nothing would be lost.
    """
    parts = [_measure_service(cover, at, length_km, people)
             for at in range(len(cover.services))]
    spec = find_spec("fragility")
    columns = [name for name in spec.columns if name != "synthetic"]
    frame = pd.concat(parts) if parts else pd.DataFrame(
        {name: empty_column(spec.columns[name], 0) for name in columns})
    frame["synthetic"] = pd.array([cover.synthetic] * len(frame), dtype="boolean")
    frame.index = pd.Index(frame["place_id"] + "-" + frame["service"], dtype="str", name=spec.id)
    return frame.sort_index()


def _measure_service(
    cover: Cover, at: int, length_km: FloatArray, people: FloatArray
) -> pd.DataFrame:
    covered, place = cover.covered[:, at], cover.by_place[:, at]
    alone = covered & (cover.by_second_h[:, at] > cover.threshold_h[:, at] + TOLERANCE_H)
    count = len(cover.place_ids)

    def add_up(rows: np.ndarray, weights: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(place[rows], weights=weights[rows], minlength=count), float)

    km = np.broadcast_to(length_km[:, None], place.shape)
    counted = np.isfinite(people)
    person_km = np.where(counted, people, 0.0) * km
    sides = {name: alone & (np.arange(len(SORTED_DIRECTIONS)) == column)
             for column, (name, _) in enumerate(SORTED_DIRECTIONS)}
    serves = np.flatnonzero(add_up(covered, km) > 0)
    known = add_up(alone & counted, km)
    names = pd.array([cover.place_ids[row] for row in serves], dtype="str")
    lost = np.where(known > 0, add_up(alone & counted, person_km), np.nan)
    return pd.DataFrame({
        "place_id": names,
        "service": pd.array([str(cover.services.index[at])] * len(serves), dtype="str"),
        "serves_km": add_up(covered, km)[serves].round(_DECIMALS),
        **{f"lost_{name}_km": add_up(sides[name], km)[serves].round(_DECIMALS)
           for name in ("forward", "backward")},
        "lost_person_km": lost[serves].round(_DECIMALS),
    })
