"""The priority score as it was before the test years, on the cells of a domain, for gate G8."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from georisk.validation.design import Design, choose_years, read_design
from georisk.validation.record import build_record
from georisk.validation.validating import lay_domains
from layers.errors import CallError, StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from georisk.study import Study
    from georisk.validation.domain import Domain
    from layers.crs import FloatArray

PROFILE, MODE = "adult_man", "foot"
_NONE_SCORED = ("no segment here has a priority score: it needs services for water, health, "
                "shelter and protection in the study")


def grade_study(
    study: Study, *, design: Design | None = None
) -> dict[str, Mapping[int, FloatArray] | str]:
    """Priority on the cells of every domain from before its test years, or why there is none.

    Parameters
    ----------
    design : Design, optional
        As the study's parameters say by default.

    Returns
    -------
    dict
        For `georisk.validation.validating.validate_study`.
    """
    design = design or read_design(study.parameters)
    record = build_record(study.made("events").value.frame, crs_metric=study.config.crs_metric)
    domains = lay_domains(study)
    years = {year for domain in domains for year in choose_years(
        record, domain.locate(record.xy_km, kind=record.kind) >= 0, as_of=study.as_of,
        design=design).years}
    try:
        graded = grade_past(study, domains, sorted(years))
    except (CallError, StudyError) as error:
        return {domain.name: f"no priority score: {error}" for domain in domains}
    return {name: told if _any_scored(told) else _NONE_SCORED for name, told in graded.items()}


def _any_scored(told: Mapping[int, FloatArray]) -> bool:
    return any(bool(np.isfinite(one).any()) for one in told.values())


def grade_past(
    study: Study, domains: Sequence[Domain], years: Sequence[int]
) -> dict[str, dict[int, FloatArray]]:
    """Priority of an adult man on foot as of the day before the first of some test years.

    One ranking serves all of the years: it knows nothing of any of them.

    Parameters
    ----------
    years : sequence of int
        Test years; none gives no score.

    Returns
    -------
    dict
        By name of the domain: every year to the array of shape (m,) that `spread_priority` makes.
    """
    from georisk.intensity import place_segments
    from georisk.priority.asking import ask_priority
    from georisk.priority.scene import Choice

    if not years:
        return {}
    past = study.with_changes(as_of=dt.date(min(years) - 1, 12, 31))
    frame = ask_priority(past, profile=PROFILE, choice=Choice(mode=MODE)).ranking.frame
    lines = past.value("lines")
    mid_km = place_segments(lines, crs_metric=study.config.crs_metric).mid_km
    score = frame["score"].reindex(lines.index).to_numpy(float)
    return {one.name: dict.fromkeys(years, spread_priority(one, mid_km, score))
            for one in domains}


def spread_priority(domain: Domain, mid_km: FloatArray, score: FloatArray) -> FloatArray:
    """Priority score of cells: the highest of the segments whose middle lies in the cell.

    Parameters
    ----------
    mid_km : array of shape (s, 2)
        Middles of segments, km in the metric CRS.
    score : array of shape (s,)
        NaN where a segment has none.

    Returns
    -------
    array of shape (m,)
        NaN in cells without a scored segment: they rank last.

    Examples
    --------
    >>> import numpy as np
    >>> from georisk.validation.domain import Domain
    >>> land = Domain("a", "A", 10.0, np.array([[5.0, 5.0], [15.0, 5.0]]), np.zeros(2),
    ...               np.zeros(2), np.full(2, 100.0))
    >>> spread_priority(land, np.array([[4.0, 4.0], [6.0, 6.0]]), np.array([3.0, 7.0])).tolist()
    [7.0, nan]
    """
    highest = np.full(len(domain), -np.inf)
    cells = domain.locate(mid_km)
    there = (cells >= 0) & ~np.isnan(score)
    np.maximum.at(highest, cells[there], score[there])
    return np.where(np.isfinite(highest), highest, np.nan)
