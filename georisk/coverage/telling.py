"""Tables of coverage and gaps for planners: totals, the worst month, what hangs on one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from georisk.corridors import find_signs
from georisk.coverage.asking import ask_coverage, ask_gaps
from georisk.coverage.fragility import measure_fragility
from georisk.coverage.shares import share_corridors
from georisk.coverage.steps import COVERAGE_STEPS
from georisk.made import wrap_outcome
from georisk.step import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.corridors import Corridors
    from georisk.coverage.asking import Question
    from georisk.study import Study
    from layers.layer import Layer

ALL_LEGS = "all legs once"
_KEY = ["corridor", "service", "direction"]


def list_ways(
    study: Study, *, corridor: str = "", legs: tuple[str, ...] = (), whole: bool = True
) -> Corridors:
    """Ways to be told of: one corridor, some legs joined, or all corridors.

    Parameters
    ----------
    whole : bool
        With all corridors also all legs, each once.
    """
    corridors = study.settings().corridors
    if legs:
        steps = tuple((leg.removeprefix("-"), -1 if leg.startswith("-") else 1) for leg in legs)
        return {" + ".join(legs): steps}
    if corridor:
        return {corridor: corridors[corridor]}
    return {**corridors, ALL_LEGS: list_all_legs(study)} if whole else dict(corridors)


def list_all_legs(study: Study) -> tuple[tuple[str, int], ...]:
    """Every leg, turned northwards."""
    signs = find_signs(study.settings().corridors)
    return tuple((leg, signs.get(leg, 1)) for leg in study.layer("routes").frame.index)


def tabulate_shares(
    study: Study, questions: Mapping[int | None, Question], ways: Corridors
) -> pd.DataFrame:
    """Shares of each way, service and direction; of several months the one that covers least.

    Parameters
    ----------
    study : Study
    questions : mapping
        By month.
    ways : dict

    Returns
    -------
    DataFrame
        As `georisk.coverage.shares.share_corridors`, and ``month``.
    """
    parts = []
    for month, question in questions.items():
        answer = ask_coverage(study, question)
        parts.append(share_corridors(answer.lines, answer.cover, answer.people, corridors=ways)
                     .assign(month=month))
    return choose_worst_shares(parts)


def choose_worst_shares(months: list[pd.DataFrame]) -> pd.DataFrame:
    """Of each way, service and direction the month with most km uncovered; the first of equals.

    Examples
    --------
    >>> def share(month, km):
    ...     return pd.DataFrame({"corridor": ["a"], "service": ["water"], "direction": ["forward"],
    ...                          "uncovered_km": [km], "month": [month]})
    >>> choose_worst_shares([share(1, 2.0), share(6, 9.0), share(7, 9.0)])["month"].tolist()
    [6]
    """
    table = pd.concat(months, ignore_index=True)
    worst = table.sort_values([*_KEY, "uncovered_km", "month"],
                              ascending=[True, True, True, False, True], kind="stable")
    return worst.drop_duplicates(_KEY).reset_index(drop=True)


def tabulate_gaps(
    study: Study, questions: Mapping[int | None, Question], ways: Corridors
) -> pd.DataFrame:
    """Gaps of each way; of several months those of the one with the longest gap.

    Returns
    -------
    DataFrame
        As the layer ``gaps``, and ``month``.
    """
    parts = [ask_gaps(study, question, corridors=ways).assign(month=month)
             for month, question in questions.items()]
    table = pd.concat(parts)
    if len(parts) > 1:
        longest = table.groupby([*_KEY, "month"])["walk_h"].max().fillna(float("inf")).reset_index()
        worst = longest.sort_values([*_KEY, "walk_h", "month"],
                                    ascending=[True, True, True, False, True], kind="stable")
        kept = worst.drop_duplicates(_KEY)[[*_KEY, "month"]]
        index = table.index
        table = table.reset_index().merge(kept, on=[*_KEY, "month"]).set_index("gap_id")
        table.index = table.index.astype(index.dtype)
    return table


def rank_gaps(gaps: pd.DataFrame) -> pd.DataFrame:
    """The gravest first: by severity, then by hours on foot, then by id."""
    grave = gaps["severity"].map({"critical": 0, "unsafe": 1}).fillna(2)
    order = gaps.assign(_grave=grave, _id=gaps.index).sort_values(
        ["_grave", "walk_h", "_id"], ascending=[True, False, True], na_position="first",
        kind="stable")
    return order.drop(columns=["_grave", "_id"])


def join_corridors(gaps: pd.DataFrame) -> pd.DataFrame:
    """Gaps that several corridors share told once, with all of them named."""
    same = ["service", "direction", "from_place", "to_place", "length_km", "walk_h", "next_h",
            "month", "leg_ids"]
    names: dict[str, list[str]] = {}
    keys = [repr(row) for row in gaps[same].itertuples(index=False)]
    for key, corridor in zip(keys, gaps["corridor"], strict=True):
        names.setdefault(key, []).append(str(corridor))
    first = gaps[~pd.Series(keys).duplicated().to_numpy()]
    return first.assign(corridor=[", ".join(found) for found in names.values()])


def name_longest(gaps: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """The longest gap of each way, service and direction, in words."""
    ranked = gaps.sort_values("walk_h", ascending=False, na_position="first", kind="stable")
    first = ranked.drop_duplicates(_KEY)
    return {(row.corridor, row.service, row.direction): tell_gap(row) for row in first.itertuples()}


def tell_gap(row: Any) -> str:  # noqa: ANN401 - a row of `itertuples`
    """From where to where, how long.

    Examples
    --------
    >>> from types import SimpleNamespace as Row
    >>> tell_gap(Row(from_place="A", to_place=None, length_km=12.4, walk_h=float("nan")))
    'A - ?: 12 km, not on foot'
    """
    start, end = ("?" if pd.isna(one) else str(one) for one in (row.from_place, row.to_place))
    told = "not on foot" if pd.isna(row.walk_h) else f"{row.walk_h:,.0f} h"
    return f"{start} - {end}: {row.length_km:,.0f} km, {told}"


def rank_fragility(
    study: Study, questions: Mapping[int | None, Question], ways: Corridors
) -> pd.DataFrame:
    """What hangs on each place on some ways, the most first; of several months the worst."""
    legs = {leg for steps in ways.values() for leg, _ in steps}
    parts = []
    for month, question in questions.items():
        answer = ask_coverage(study, question)
        inside = answer.lines["leg_id"].isin(legs).to_numpy(bool)
        length_km = np.where(inside, answer.lines["length_km"].to_numpy(float), 0.0)
        parts.append(measure_fragility(answer.cover, length_km, answer.people)
                     .assign(month=month))
    table = pd.concat(parts)
    table = table.assign(lost_km=table["lost_forward_km"] + table["lost_backward_km"])
    table = table.sort_values("lost_km", ascending=False, kind="stable")
    return table[~table.index.duplicated()]


def publish_answers(study: Study, question: Question) -> dict[str, Layer]:
    """Layers ``coverage``, ``gaps`` and ``fragility`` for a question."""
    answer = ask_coverage(study, question)
    length_km = answer.lines["length_km"].to_numpy(float)
    frames = {"coverage": answer.tabulate(), "gaps": ask_gaps(study, question),
              "fragility": measure_fragility(answer.cover, length_km, answer.people)}
    steps = {step.name: step for step in COVERAGE_STEPS}
    return {name: wrap_outcome(steps[name], Outcome(frame), answer.provenance)
            for name, frame in frames.items()}
