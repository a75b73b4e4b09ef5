"""A study on two days: its intensities side by side, and what may be said of the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from georisk.chance import (
    compare_rates,
    control_discoveries,
    count_equivalents,
    measure_ratios,
)
from georisk.changes import ChangeRules, Reading, Window, frame_window
from georisk.explaining import INTENSITY
from georisk.incidents import find_window_start
from georisk.made import wrap_outcome
from georisk.risk import INSUFFICIENT
from georisk.step import Outcome, Step
from georisk.stretches import STRETCH_KM
from layers.errors import BrokenError, CallError
from layers.layer import Layer, Provenance, hash_text
from layers.spec import find_highest_level

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.fitting.reach import Memory
    from georisk.study import Study

CHANGES = ("insufficient", "fewer_reported", "no_clear_change", "more_reported")
_EVIDENCE = ("observed", "modelled", INSUFFICIENT)
_KEPT = ["leg_id", "corridor", "mode", "near_place", "chainage_from_km", "chainage_to_km",
         "length_km", "geometry"]


def open_days(study: Study, then: dt.date, now: dt.date) -> tuple[Study, Study]:
    """The study as it would have been on two days.

    Raises
    ------
    CallError
        If the days are in the wrong order, lie beyond ``as_of`` or before every incident.
    """
    if then >= now:
        raise CallError(f"--from {then} does not lie before --to {now}: give the earlier day first")
    limit = study.as_of
    if now > limit:
        raise CallError(f"--to {now} lies after {limit}, the study's as_of: nothing later is used; "
                        f"give a day up to {limit}, or set a later as_of in study.toml")
    days = study.with_changes(as_of=then), study.with_changes(as_of=now)
    for option, day in zip(("--from", "--to"), days, strict=True):
        _require_incidents(study, day, option)
    return days


def _require_incidents(study: Study, day: Study, option: str) -> None:
    if "incidents" not in study.config.layers:
        raise CallError("the study has no layer `incidents`: there is nothing to compare")
    dates = study.layer("incidents").frame["date"].dropna()
    start = study.config.observed_from
    if start is None and len(dates):
        start = find_window_start(pd.DataFrame({"date": dates}))
    if start is not None and day.as_of <= start:
        raise CallError(f"{option} {day.as_of}: the register begins on {start}; give a later day")
    if not len(day.value("events").frame):
        raise CallError(f"{option} {day.as_of}: no incident with a position is dated before it; "
                        "give a later day")


def read_incidents(study: Study) -> tuple[Reading, Memory]:
    """Incidents of a study as the intensity that it publishes on its ``as_of`` reads them."""
    events, reach = study.value("events"), study.value("route_reach")
    year = events.frame["date"].dt.year.to_numpy(np.int64)
    points, rows = events.points, reach.rows
    return (Reading(reach.matrix, points.xy_km[rows], points.age_years[rows], year[rows]),
            reach.memory)


def choose_rules(study: Study) -> ChangeRules:
    """Rules as the study's parameters say."""
    stated = study.parameters.section("change")
    return ChangeRules(**{**stated, "min_blocks": int(stated["min_blocks"])})


def compare_days(then: Study, now: Study, rules: ChangeRules) -> Layer:
    """The ``changes`` layer: every segment on two days.

    Parameters
    ----------
    then, now : Study
        From `open_days`: the same segments, two days.
    """
    earlier, later = (day.value("route_intensity").frame for day in (then, now))
    evidence = _take_weaker(earlier["evidence"], later["evidence"])
    unclear = (evidence == INSUFFICIENT).to_numpy()
    reading, memory = read_incidents(now)
    window = find_window(then, now, memory)
    number, groups = group_stretches(now.value("lines"), ~unclear)
    p = compare_rates(count_equivalents(reading, groups, window, rules), window, rules)
    ratio, low, high = measure_ratios(
        count_equivalents(reading, None, window, rules), window, rules)
    numbers = {"ratio": ratio, "ratio_low": low, "ratio_high": high,
               "stretch_q": control_discoveries(p)[number]}
    frame = later[_KEPT].assign(
        day_then=pd.Timestamp(then.as_of), day_now=pd.Timestamp(now.as_of),
        intensity_then=earlier[INTENSITY].mask(earlier["evidence"] == INSUFFICIENT),
        intensity_now=later[INTENSITY].mask(later["evidence"] == INSUFFICIENT),
        **{name: np.where(unclear, np.nan, values) for name, values in numbers.items()},
        evidence=evidence,
    )
    frame["change"] = judge_changes(frame, rules)
    return _wrap(frame, then, now)


def judge_changes(frame: pd.DataFrame, rules: ChangeRules) -> pd.Series:
    """What may be said of each segment.

    More or fewer only where the stretch's false discovery rate is small enough, the segment's
    own interval leaves out 1, and the published intensities moved the same way. Intensities
    below the floor are not told apart.

    Examples
    --------
    >>> rows = pd.DataFrame({"stretch_q": [0.01, 0.01, 0.5, np.nan],
    ...     "ratio_low": [1.2, 0.9, 1.2, 1], "ratio_high": [3.0, 3, 3, 1],
    ...     "intensity_then": [2.0, 2, 2, 2], "intensity_now": [4.0, 4, 4, 4],
    ...     "evidence": ["observed"] * 3 + ["insufficient"]})
    >>> judge_changes(rows, ChangeRules()).tolist()
    ['more_reported', 'no_clear_change', 'no_clear_change', 'insufficient']
    """
    clear = frame["stretch_q"] <= rules.false_share
    then, now = (frame[f"intensity_{day}"].clip(lower=rules.floor) for day in ("then", "now"))
    change = np.select(
        [frame["evidence"] == INSUFFICIENT, clear & (frame["ratio_low"] > 1) & (now > then),
         clear & (frame["ratio_high"] < 1) & (now < then)],
        [INSUFFICIENT, "more_reported", "fewer_reported"], default="no_clear_change",
    )
    return pd.Series(change, index=frame.index, dtype="str")


def group_stretches(
    lines: pd.DataFrame, told: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], sparse.csr_array]:
    """Stretches of about 10 km of each leg.

    Returns
    -------
    number : integer array of shape (m,)
        Stretch of each segment.
    groups : sparse array of shape (k, m)
        Share of each segment in its stretch's length; rows sum to 1, or to 0 where no segment
        has evidence.
    """
    total = lines.groupby("leg_id")["chainage_to_km"].transform("max")
    count = np.maximum(1, np.round(total / STRETCH_KM))
    middle = (lines["chainage_from_km"] + lines["chainage_to_km"]) / 2
    part = np.minimum(np.floor(middle / total * count), count - 1).astype(int)
    names = lines["leg_id"].astype("str") + "/" + part.map("{:04d}".format)
    found, number = np.unique(names.to_numpy(str), return_inverse=True)
    length_km = np.where(told, lines["length_km"].to_numpy(float), 0.0)
    whole = np.bincount(number, weights=length_km, minlength=len(found))
    share = np.divide(length_km, whole[number], out=np.zeros(len(lines)), where=length_km > 0)
    groups = sparse.csr_array((share, (number, np.arange(len(lines)))),
                              shape=(len(found), len(lines)))
    groups.eliminate_zeros()
    return number, groups


def find_window(then: Study, now: Study, memory: Memory) -> Window:
    """The times before and after the earlier day, as the later day's fit forgets them."""
    frame = now.value("events").frame
    start = find_window_start(frame, observed_from=now.config.observed_from)
    return frame_window(start, then.as_of, now.as_of, memory=memory)


def _take_weaker(*evidence: pd.Series) -> pd.Series:
    ranks = [grades.map(_EVIDENCE.index).to_numpy() for grades in evidence]
    weaker = np.array(_EVIDENCE)[np.maximum(*ranks)]
    return pd.Series(weaker, index=evidence[0].index, dtype="str")


def _wrap(frame: gpd.GeoDataFrame, then: Study, now: Study) -> Layer:
    made = [day.made("route_intensity") for day in (then, now)]
    provenance = Provenance(
        sources=tuple(sorted({name for one in made for name in one.provenance.sources})),
        sha256=hash_text(*(one.key for one in made)),
        synthetic=any(one.provenance.synthetic for one in made),
        inputs_level=find_highest_level([one.provenance.inputs_level for one in made]),
    )
    step = Step("changes", (), lambda _, __: Outcome(frame))
    layer = wrap_outcome(step, Outcome(frame), provenance)
    if not isinstance(layer, Layer):
        raise BrokenError("changes: the result is no layer")
    return layer
