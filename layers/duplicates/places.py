"""Pairs of facilities that may be one house."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.crs import measure_distance_km
from layers.disclosure import SEALED_KINDS
from layers.duplicates.candidates import Candidates, Positions, Window, find_candidates
from layers.duplicates.evidence import compare_names, read_numbers, read_text
from layers.duplicates.incidents import judge_pairs, tell_levels
from layers.duplicates.scoring import choose_partners, score_rivals
from layers.duplicates.weights import load_comparisons, load_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_NEAR_KM = 0.3
_LEAST_DIGITS = 7
_MAX_SHARED = 20  # a phone or name borne by more places than this is a network's, not a house's
_WORDS = {
    "name": ("names agree", "names partly agree", "names differ"),
    "distance": ("within 300 m", "near", "not near"),
    "phone": ("same phone", "other phone"),
    "town": ("same town", "other town"),
    "kind": ("same kind", "other kind"),
}


def pair_places(rows: pd.DataFrame, register: IntArray) -> pd.DataFrame:
    """Score every candidate pair of facilities; ``rows`` sorted by id.

    Across registers a pair is never accepted by itself: two offices that say different things
    of one house are a conflict, and people resolve it. Nor is a sealed place ever joined with
    an open one, within a register or across.

    Returns
    -------
    DataFrame
        As `layers.duplicates.find_pairs`, unsorted; ``days`` is missing.
    """
    declared = load_values("places", "window")
    pairs = _gather_candidates(rows, declared)
    levels = _compare_places(rows, pairs, declared["near_km"])
    weights = load_comparisons("places")
    bits = sum((weights[name].weigh(level) for name, level in levels.items()),
               start=np.zeros(len(pairs.i)))
    prior = np.full(len(pairs.i), declared["prior"] / (1 - declared["prior"]))
    score, partnered = score_rivals(pairs, bits, prior, register)
    sealed = np.isin(read_text(rows, "place_kind"), list(SEALED_KINDS))
    within = register[pairs.i] == register[pairs.j]
    verdict = judge_pairs(
        score, partnered, chosen=choose_partners(pairs, score, register),
        certain=within & (sealed[pairs.i] == sealed[pairs.j]) & (levels["name"] == 0),
    )
    keep = np.flatnonzero((score >= load_values("thresholds")["floor"]) | (verdict != "reject"))
    ids = rows.index.to_numpy(object)
    return pd.DataFrame({
        "id_a": ids[pairs.i[keep]], "id_b": ids[pairs.j[keep]],
        "distance_km": pairs.distance_km[keep].round(3), "days": np.nan,
        "score": score[keep].round(6), "verdict": verdict[keep],
        "why": tell_levels(_WORDS, levels, keep),
    })


def _gather_candidates(rows: pd.DataFrame, limits: Mapping[str, float]) -> Candidates:
    """Pairs that lie near each other, or share a phone or a name within one region."""
    lon, lat = (getattr(rows.geometry, axis).to_numpy(float) for axis in ("x", "y"))
    sigma = np.nan_to_num(read_numbers(rows, "coord_precision_km"))
    there = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    at = Positions(lon[there], lat[there], np.zeros(len(there)), np.maximum(sigma[there], 0))
    window = Window(limits["near_km"], load_values("window")["sigmas"], limits["far_km"], 1.0)
    near = find_candidates(at, window)
    found = {(int(a), int(b)) for a, b in zip(there[near.i], there[near.j], strict=True)}
    for values in (read_phones(rows), read_text(rows, "name")):
        found |= _share_value(values)
    pairs = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    i, j = pairs[:, 0], pairs[:, 1]
    distance = measure_distance_km(lon[i], lat[i], lon[j], lat[j])
    keep = ~(distance > limits["far_km"])
    return Candidates(i[keep], j[keep], distance[keep], np.full(int(keep.sum()), limits["far_km"]))


def _share_value(values: NDArray[np.object_]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    groups = pd.Series(np.arange(len(values))).groupby(values).indices
    for value, members in groups.items():
        if value and len(members) <= _MAX_SHARED:
            found |= {(int(a), int(b)) for a in members for b in members if a < b}
    return found


def read_phones(rows: pd.DataFrame) -> NDArray[np.object_]:
    """Last digits of each phone, so that country codes and blanks do not matter; empty if none.

    Examples
    --------
    >>> import pandas as pd
    >>> read_phones(pd.DataFrame({"phone": ["+502 5555 0100", "55550100", "call"]})).tolist()
    ['55550100', '55550100', '']
    """
    digits = [re.sub(r"\D", "", text)[-8:] for text in read_text(rows, "phone")]
    kept = [text if len(text) >= _LEAST_DIGITS else "" for text in digits]
    return np.array(kept, dtype=object)


def _compare_places(
    rows: pd.DataFrame, pairs: Candidates, near_km: float
) -> dict[str, IntArray]:
    i, j = pairs.i, pairs.j
    far = np.select([pairs.distance_km <= _NEAR_KM, pairs.distance_km <= near_km], [0, 1], 2)
    return {
        "name": compare_names(read_text(rows, "name"), i, j),
        "distance": np.where(np.isfinite(pairs.distance_km), far, -1).astype(np.int64),
        "phone": _compare_equal(read_phones(rows), i, j),
        "town": _compare_equal(read_text(rows, "town"), i, j),
        "kind": _compare_equal(read_text(rows, "place_kind"), i, j),
    }


def _compare_equal(values: NDArray[np.object_], i: IntArray, j: IntArray) -> IntArray:
    said = (values[i] != "") & (values[j] != "")
    return np.where(said, np.where(values[i] == values[j], 0, 1), -1).astype(np.int64)
