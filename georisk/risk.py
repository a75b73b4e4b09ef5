"""From intensity to what may be said: score, class, evidence and the segments table.

Classes are half-open by twos: a score in [0, 2) is ``few_reported``, [2, 4) ``moderate``,
[4, 6) ``high``, [6, 8) ``very_high``, [8, 10] ``extreme``. Without evidence there is no score
and the class is ``insufficient``, which is no statement about the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from georisk.incidents import CLASSES, UNKNOWN_CLASS, Points, pair_within
from georisk.intensity import estimate_intensity

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.bootstrap import Interval
    from layers.crs import FloatArray

RISK_CLASSES = ("few_reported", "moderate", "high", "very_high", "extreme")
INSUFFICIENT = "insufficient"
_CLASS_STEP = 2.0
_CHUNK = 1024

Sources = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class EvidenceRules:
    """When a place has been watched enough to say anything (SAFETY, "Evidence").

    Attributes
    ----------
    observed_incidents, observed_sources : int
        Both needed, within ``observed_km`` and ``observed_years``.
    observed_km, observed_years : float
    modelled_km, modelled_years : float
        Otherwise one incident within these is enough for ``modelled``.
    min_located : int
        Below this many located incidents in the study nothing is said anywhere.
    """

    observed_incidents: int = 3
    observed_sources: int = 2
    observed_km: float = 25.0
    observed_years: float = 5.0
    modelled_km: float = 50.0
    modelled_years: float = 3.0
    min_located: int = 10


def score_intensity(intensity: FloatArray) -> FloatArray:
    """Risk score of an intensity, 0-10, higher is worse.

    ``10 * clip((log10 intensity + 2) / 3, 0, 1)``; 0 scores 0, unknown stays unknown.

    Examples
    --------
    >>> score_intensity(np.array([0.0, 0.01, 1.0, 10.0, 500.0])).round(2).tolist()
    [0.0, 0.0, 6.67, 10.0, 10.0]
    """
    intensity = np.asarray(intensity, float)
    logs = np.full(intensity.shape, -np.inf)
    np.log10(intensity, out=logs, where=intensity > 0)
    return np.asarray(np.where(np.isnan(intensity), np.nan, 10 * np.clip((logs + 2) / 3, 0, 1)))


def classify_score(score: FloatArray) -> NDArray[np.object_]:
    """Class of each score by steps of two; ``insufficient`` where there is none.

    Examples
    --------
    >>> classify_score(np.array([0.0, 1.99, 2.0, 8.0, 10.0, np.nan])).tolist()
    ['few_reported', 'few_reported', 'moderate', 'extreme', 'extreme', 'insufficient']
    """
    score = np.asarray(score, float)
    known = np.nan_to_num(score, nan=0.0)
    step = np.minimum(known // _CLASS_STEP, len(RISK_CLASSES) - 1).astype(np.intp)
    return np.where(np.isnan(score), INSUFFICIENT, np.array(RISK_CLASSES, object)[step])


def grade_evidence(
    at_km: FloatArray, points: Points, sources: Sources, *, rules: EvidenceRules
) -> NDArray[np.object_]:
    """Say what a score would rest on at each place.

    Parameters
    ----------
    at_km : array of shape (m, 2)
        Places, km in the metric CRS: midpoints of segments.
    points : Points
        All n located incidents of the study.
    sources : sequence of tuple of str, length n
        From `georisk.incidents.split_sources`.

    Returns
    -------
    array of str, shape (m,)
        ``observed``, ``modelled`` or ``insufficient``; bounds of distance and age included.

    Examples
    --------
    >>> twelve = Points(np.zeros((12, 2)), np.ones(12), np.ones(12), np.ones(12))
    >>> places = np.array([[0.0, 25.0], [0.0, 50.0], [0.0, 51.0]])
    >>> grade_evidence(places, twelve, [("iom",), ("press",)] * 6, rules=EvidenceRules()).tolist()
    ['observed', 'modelled', 'insufficient']
    """
    grade = np.full(len(at_km), INSUFFICIENT, dtype=object)
    if len(points) < rules.min_located:
        return grade
    filed = np.array([bool(names) for names in sources])
    recent = filed & (points.age_years <= rules.modelled_years)
    grade[_has_any(at_km, points.xy_km[recent], rules.modelled_km)] = "modelled"
    seen = np.flatnonzero(points.age_years <= rules.observed_years)
    table = _tabulate_sources([sources[i] for i in seen.tolist()])
    for low in range(0, len(at_km), _CHUNK):
        part = slice(low, low + _CHUNK)
        near = _find_near(at_km[part], points.xy_km[seen], rules.observed_km)
        enough = near.sum(axis=1) >= rules.observed_incidents
        named = ((near @ table) > 0).sum(axis=1) >= rules.observed_sources
        grade[part][np.asarray(enough & named).ravel()] = "observed"
    return grade


def _has_any(at_km: FloatArray, xy_km: FloatArray, radius_km: float) -> NDArray[np.bool_]:
    found = np.zeros(len(at_km), bool)
    for low in range(0, len(at_km), _CHUNK):
        place, _, _ = pair_within(
            at_km[low : low + _CHUNK], xy_km, np.full(len(at_km[low : low + _CHUNK]), radius_km)
        )
        found[low + np.unique(place)] = True
    return found


def _find_near(at_km: FloatArray, xy_km: FloatArray, radius_km: float) -> sparse.csr_array:
    place, incident, _ = pair_within(at_km, xy_km, np.full(len(at_km), radius_km))
    ones = np.ones(len(place), np.int32)
    return sparse.csr_array((ones, (place, incident)), shape=(len(at_km), len(xy_km)))


def _tabulate_sources(sources: Sources) -> sparse.csr_array:
    names = sorted({name for row in sources for name in row})
    number = {name: i for i, name in enumerate(names)}
    rows = [i for i, row in enumerate(sources) for _ in row]
    columns = [number[name] for row in sources for name in row]
    shape = (len(sources), max(len(names), 1))
    return sparse.csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)


def share_classes(
    matrix: sparse.csr_array,
    weight: FloatArray,
    classes: NDArray[np.object_],
    *,
    window_years: float,
    prior_incidents: float = 10.0,
) -> pd.DataFrame:
    """Intensity by class of harm on each segment, incidents per 100 km and year.

    Parameters
    ----------
    matrix : sparse array of shape (m, n)
        From `georisk.intensity.build_route_kernel`.
    weight : array of shape (n,)
        Decay weights.
    classes : array of str, shape (n,)
        ``sec acc env wat``, or ``unk``: split by the shares of the known classes nearby.
    prior_incidents : float
        Decayed incidents per 100 km that the shares of the whole study count for: where few
        are known nearby, ``unk`` is split as it is everywhere (evenly if no class is known).

    Returns
    -------
    DataFrame
        Columns ``sec acc env wat``, m rows; each row sums to the total intensity.

    References
    ----------
    Marshall (1991), Mapping disease and mortality rates using empirical Bayes estimators.

    Examples
    --------
    One known and one unknown death on the same segment: all of it goes to the known class.

    >>> kernel = sparse.csr_array([[1.0, 1.0]])
    >>> shares = share_classes(kernel, np.ones(2), np.array(["wat", "unk"]), window_years=1.0)
    >>> shares.loc[0].tolist()
    [0.0, 0.0, 0.0, 200.0]
    """
    total = estimate_intensity(matrix, weight, window_years=window_years)
    own = np.column_stack([
        estimate_intensity(matrix, weight * (classes == name), window_years=window_years)
        for name in CLASSES
    ])
    unknown = estimate_intensity(
        matrix, weight * (classes == UNKNOWN_CLASS), window_years=window_years
    )
    snapped = np.diff(matrix.tocsc().indptr) > 0
    overall = np.array([(weight * snapped)[classes == name].sum() for name in CLASSES])
    known = overall.sum()
    overall = overall / known if known > 0 else np.full(len(CLASSES), 1 / len(CLASSES))
    prior = prior_incidents / window_years
    local = (own + prior * overall) / (own.sum(axis=1, keepdims=True) + prior)
    parts = own + unknown[:, None] * local
    summed = parts.sum(axis=1)
    scale = np.divide(total, summed, out=np.zeros_like(total), where=summed > 0)
    return pd.DataFrame(parts * scale[:, None], columns=list(CLASSES))


def assemble_segments(
    segments: gpd.GeoDataFrame,
    *,
    intensity: FloatArray,
    interval: Interval,
    classes: pd.DataFrame,
    evidence: NDArray[np.object_],
    synthetic: bool,
) -> gpd.GeoDataFrame:
    """Put the segments table together; corridor, country and place names come later.

    Parameters
    ----------
    segments : GeoDataFrame
        From ``georisk.corridors.split_legs``; every array has its m rows, in its order.
    intensity : array of shape (m,)
        Incidents per 100 km and year.
    classes : DataFrame
        From `share_classes`.
    evidence : array of str, shape (m,)
        From `grade_evidence`.
    synthetic : bool
        True if any incident or leg behind the numbers is illustrative.

    Returns
    -------
    GeoDataFrame
        ``base_intensity`` is the mean over all route-km; base times ``factor_incidents`` is
        the intensity (the factor reads 1 where nothing was reported anywhere).
    """
    length_km = segments["length_km"].to_numpy(float)
    base = float(np.average(intensity, weights=length_km)) if len(segments) else 0.0
    score = np.where(evidence == INSUFFICIENT, np.nan, score_intensity(intensity))
    kept = ["leg_id", "mode", "chainage_from_km", "chainage_to_km", "length_km"]
    blank = pd.Series(pd.NA, index=segments.index, dtype="Int64")
    frame = segments[[*kept, "geometry"]].assign(
        intensity_per_100km_year=intensity,
        intensity_low=interval.low,
        intensity_high=interval.high,
        **{f"intensity_{name}": classes[name].to_numpy() for name in CLASSES},
        base_intensity=base,
        factor_incidents=intensity / base if base > 0 else 1.0,
        risk_score=score,
        risk_class=pd.Series(classify_score(score), index=segments.index, dtype="str"),
        priority_score=np.nan,
        priority_rank_low=blank,
        priority_rank_high=blank,
        evidence=pd.Series(evidence, index=segments.index, dtype="str"),
        synthetic=pd.Series(synthetic, index=segments.index, dtype="boolean"),
    )
    return frame[[*(name for name in frame.columns if name != "geometry"), "geometry"]]
