"""Pairs of records that may tell of one event."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.duplicates.candidates import Candidates, Positions, Window, find_candidates
from layers.duplicates.evidence import compare_incidents, find_exact_days, read_days, read_numbers
from layers.duplicates.scoring import (
    choose_partners,
    expect_unrelated,
    score_overlap,
    weigh_distance,
)
from layers.duplicates.weights import load_comparisons, load_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_PART = re.compile(r"-\d{1,2}$")
_WORDS = {
    "date": ("same day", "1 day apart", "2 days apart", "3 days apart"),
    "victims": ("one person each", "same number", "same number", "numbers differ by 1",
                "numbers differ"),
    "class": ("same class", "one class unknown"),
    "place": ("places agree", "places partly agree", "places differ"),
    "url": ("same page", "other page"),
    "source": ("sources agree", "sources differ"),
}
_AGREEING = {"victims": (0, 1, 2, 3), "place": (0,), "url": (0,), "source": (0,)}


def pair_incidents(rows: pd.DataFrame, register: IntArray) -> pd.DataFrame:
    """Score every candidate pair of incidents; ``rows`` sorted by id.

    Returns
    -------
    DataFrame
        As `layers.duplicates.find_pairs`, unsorted.
    """
    at, usable = _locate(rows)
    window = _load_window()
    pairs = _drop_impossible(find_candidates(at, window), rows.iloc[usable], register[usable])
    rows, register = rows.iloc[usable], register[usable]
    levels = compare_incidents(rows, pairs)
    same = register[pairs.i] == register[pairs.j]
    bits = _add_bits(levels, pairs, at)
    unrelated = expect_unrelated(
        at, pairs, register, window, background_days=load_values("window")["background_days"]
    )
    prior = load_values("prior")
    score, partnered, share = score_overlap(pairs, bits, unrelated, register, prior)
    exact = find_exact_days(rows)
    certain = ~same & exact[pairs.i] & exact[pairs.j] & _find_agreeing(levels)
    certain &= share >= prior["enough"]
    verdict = judge_pairs(
        score, partnered, chosen=choose_partners(pairs, score, register), certain=certain
    )
    return _describe(rows, pairs, levels, score, verdict)


def _locate(rows: pd.DataFrame) -> tuple[Positions, IntArray]:
    """Positions of the rows that have a date and a point, and which rows those are."""
    day = read_days(rows, "date")
    lon, lat = (getattr(rows.geometry, axis).to_numpy(float) for axis in ("x", "y"))
    sigma = read_numbers(rows, "coord_precision_km")
    sigma = np.where(np.isfinite(sigma), sigma, load_values("window")["unstated_km"])
    usable = np.flatnonzero(np.isfinite(day) & np.isfinite(lon) & np.isfinite(lat))
    parts = (lon, lat, day, np.maximum(sigma, 0))
    return Positions(*(part[usable] for part in parts)), usable


def _load_window() -> Window:
    declared = load_values("window")
    return Window(declared["least_km"], declared["sigmas"], declared["most_km"], declared["days"])


def _drop_impossible(pairs: Candidates, rows: pd.DataFrame, register: IntArray) -> Candidates:
    """Leave out pairs of two known classes, and the parts into which a register split one event."""
    name = rows["class"].astype("str").to_numpy(object)
    known = ~np.isin(name, ["unk", "", "nan"])
    clash = known[pairs.i] & known[pairs.j] & (name[pairs.i] != name[pairs.j])
    whole = _find_wholes(rows.index)
    parts = (whole[pairs.i] == whole[pairs.j]) & (register[pairs.i] == register[pairs.j])
    keep = ~clash & ~parts
    return Candidates(pairs.i[keep], pairs.j[keep], pairs.distance_km[keep], pairs.radius_km[keep])


def _find_wholes(ids: pd.Index) -> IntArray:
    """Number of the record that each id is a part of: ``x-2`` is one of ``x`` if there is an x."""
    known = set(ids)
    bases = [base if (base := _PART.sub("", id_)) in known else id_ for id_ in ids]
    return np.asarray(pd.factorize(np.array(bases, dtype=object))[0], np.int64)


def _add_bits(levels: dict[str, IntArray], pairs: Candidates, at: Positions) -> FloatArray:
    declared = load_comparisons("incidents")
    sigma = np.hypot(at.sigma_km[pairs.i], at.sigma_km[pairs.j])
    bits = weigh_distance(pairs.distance_km, pairs.radius_km, sigma, load_values("distance"))
    for name, level in levels.items():
        bits = bits + declared[name].weigh(level)
    return np.asarray(bits)


def _find_agreeing(levels: dict[str, IntArray]) -> NDArray[np.bool_]:
    """Pairs that agree on something besides where and when: a coordinate alone is no evidence."""
    agreeing = [np.isin(levels[name], good) for name, good in _AGREEING.items()]
    return np.asarray(np.any(agreeing, axis=0))


def judge_pairs(
    score: FloatArray, partnered: FloatArray, *,
    chosen: NDArray[np.bool_], certain: NDArray[np.bool_],
) -> NDArray[np.object_]:
    """Verdict of each pair: accept, review or reject.

    Examples
    --------
    >>> import numpy as np
    >>> yes = np.array([True, True, True])
    >>> judge_pairs(np.array([0.95, 0.7, 0.2]), np.array([0.95, 0.7, 0.2]), chosen=yes, certain=yes)
    array(['accept', 'review', 'reject'], dtype=object)
    """
    declared = load_values("thresholds")
    accept = chosen & certain & (score >= declared["accept"])
    review = chosen & (partnered >= declared["review"])
    return np.select([accept, review], ["accept", "review"], "reject").astype(object)


def _describe(
    rows: pd.DataFrame, pairs: Candidates, levels: dict[str, IntArray], score: FloatArray,
    verdict: NDArray[np.object_],
) -> pd.DataFrame:
    keep = np.flatnonzero((score >= load_values("thresholds")["floor"]) | (verdict != "reject"))
    ids, days = rows.index.to_numpy(object), read_days(rows, "date")
    i, j = pairs.i[keep], pairs.j[keep]
    return pd.DataFrame({
        "id_a": ids[i], "id_b": ids[j], "distance_km": pairs.distance_km[keep].round(3),
        "days": np.abs(days[i] - days[j]), "score": score[keep].round(6),
        "verdict": verdict[keep], "why": tell_levels(_WORDS, levels, keep),
    })


def tell_levels(
    words: dict[str, tuple[str, ...]], levels: dict[str, IntArray], keep: IntArray
) -> NDArray[np.object_]:
    """Say in words what the pairs of a list agree on and what not."""
    columns = []
    for name, said in words.items():
        lookup = np.array([*said, ""], dtype=object)
        level = levels[name][keep]
        columns.append(lookup[np.where((level < 0) | (level >= len(said)), len(said), level)])
    return np.array(
        ["; ".join(part for part in row if part) for row in zip(*columns, strict=True)],
        dtype=object,
    )
