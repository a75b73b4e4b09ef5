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

from georisk.incidents import CLASSES, Points, pair_within
from layers.catalog import find_spec

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.fitting.routes import RouteFit
    from layers.crs import FloatArray

RISK_CLASSES = ("few_reported", "moderate", "high", "very_high", "extreme")
INSUFFICIENT = "insufficient"
_CLASS_STEP = 2.0
_CHUNK = 1024
# From here on compiled loops are worth their start.
_MANY = 20_000
_FACTORS = tuple(name for name in find_spec("segments").columns if name.startswith("factor_"))

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
    if len(points) > _MANY:
        return _grade_many(at_km, points, sources, rules)
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


def _grade_many(
    at_km: FloatArray, points: Points, sources: Sources, rules: EvidenceRules
) -> NDArray[np.object_]:
    """Grade by the same rules in loops that stop at the first incidents that are enough."""
    from georisk.kernels.vicinity import find_enough

    table = _tabulate_sources(sources)
    grade = np.full(len(at_km), INSUFFICIENT, dtype=object)
    recent = (np.diff(table.indptr) > 0) & (points.age_years <= rules.modelled_years)
    none = (np.zeros(int(recent.sum()) + 1, np.intp), np.zeros(0, np.intp))
    grade[find_enough(at_km, points.xy_km[recent], rules.modelled_km, none, least=1,
                      least_kinds=0)] = "modelled"
    seen = points.age_years <= rules.observed_years
    named = table[np.flatnonzero(seen)]
    grade[find_enough(at_km, points.xy_km[seen], rules.observed_km,
                      (named.indptr, named.indices), least=rules.observed_incidents,
                      least_kinds=rules.observed_sources)] = "observed"
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


def assemble_segments(
    segments: gpd.GeoDataFrame,
    fit: RouteFit,
    *,
    evidence: NDArray[np.object_],
    synthetic: bool,
) -> gpd.GeoDataFrame:
    """Put the segments table together; corridor, country and place names come later.

    Parameters
    ----------
    segments : GeoDataFrame
        From ``georisk.corridors.split_legs``; the fit and the evidence have its m rows, in its
        order.
    fit : RouteFit
        From `georisk.fitting.routes.tell_routes`.
    evidence : array of str, shape (m,)
        From `grade_evidence`.
    synthetic : bool
        True if any incident or leg behind the numbers is illustrative.

    Returns
    -------
    GeoDataFrame
        ``base_intensity`` times all columns ``factor_*`` is the intensity; a condition that the
        study knows nothing of has the factor 1.
    """
    score = np.where(evidence == INSUFFICIENT, np.nan, score_intensity(fit.intensity))
    kept = ["leg_id", "mode", "chainage_from_km", "chainage_to_km", "length_km"]
    blank = pd.Series(pd.NA, index=segments.index, dtype="Int64")
    frame = segments[[*kept, "geometry"]].assign(
        intensity_per_100km_year=fit.intensity,
        intensity_low=fit.interval.low,
        intensity_high=fit.interval.high,
        **{f"intensity_{name}": fit.classes[name].to_numpy() for name in CLASSES},
        base_intensity=fit.base,
        **{**dict.fromkeys(_FACTORS, 1.0),
           **{f"factor_{name}": fit.factors[name].to_numpy() for name in fit.factors}},
        risk_score=score,
        risk_class=pd.Series(classify_score(score), index=segments.index, dtype="str"),
        priority_score=np.nan,
        priority_rank_low=blank,
        priority_rank_high=blank,
        evidence=pd.Series(evidence, index=segments.index, dtype="str"),
        synthetic=pd.Series(synthetic, index=segments.index, dtype="boolean"),
    )
    return frame[[*(name for name in frame.columns if name != "geometry"), "geometry"]]
