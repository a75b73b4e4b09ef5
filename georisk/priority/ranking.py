"""The table of the index: scores, ranks, and what each is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.incidents import CLASSES
from georisk.priority.coping import SERVICES, judge_coping
from georisk.priority.hazards import WORDS, score_conditions
from georisk.priority.index import DIMENSIONS, combine_dimensions, score_scene, weigh_dimensions
from georisk.priority.normalising import SCALE, tell_clipping
from georisk.priority.shapley import share_hazards, share_logs
from georisk.priority.uncertainty import spread_scores

if TYPE_CHECKING:
    from georisk.priority.index import Scores
    from georisk.priority.numbers import Numbers, Uncertain
    from georisk.priority.scene import View
    from georisk.priority.uncertainty import Spread

_KEPT = ("corridor", "leg_id", "mode", "near_place", "chainage_from_km", "chainage_to_km",
         "length_km", "evidence")


@dataclass(frozen=True, eq=False)
class Ranking:
    """A view of the segments, ranked.

    Attributes
    ----------
    frame : DataFrame
        As ``layers/specs/priority.toml`` says, sorted by id.
    spread : Spread
    clipped : str
        Indicators that their bounds cut off, in words; "" if none.
    """

    frame: pd.DataFrame
    spread: Spread
    clipped: str


def rank_view(
    view: View, numbers: Numbers, uncertain: Uncertain, *, draws: int, seed: int
) -> Ranking:
    """Score and rank segments, with what each score is made of and how sure it is."""
    scores = score_scene(view.scene, numbers)
    spread = spread_scores(view.scene, numbers, uncertain, ratios=view.ratios, draws=draws,
                           seed=seed)
    frame = view.frame[[name for name in _KEPT if name in view.frame]].assign(
        mode=view.scene.mode, profile=numbers.profile, **_lay_out_spread(scores, spread),
        **_lay_out_parts(view, scores, numbers),
    )
    frame = frame.join(_compare(frame, scores, numbers))
    conditions = score_conditions(view.scene.conditions, numbers)
    hazards = {WORDS[name]: scores.hazards[:, i] for i, name in enumerate(CLASSES)}
    clipped = tell_clipping({**conditions, **hazards, "lack of coping": scores.coping})
    return Ranking(frame, spread, clipped)


def _lay_out_spread(scores: Scores, spread: Spread) -> dict[str, object]:
    ranks = {"rank": spread.rank, "rank_low": spread.rank_low, "rank_high": spread.rank_high}
    whole = {name: pd.array(values, dtype="Int64") for name, values in ranks.items()}
    for values in whole.values():
        values[spread.rank == 0] = pd.NA
    return {"score": scores.score, "score_median": spread.median, "score_low": spread.low,
            "score_high": spread.high, **whole, "p_top": spread.p_top}


def _lay_out_parts(view: View, scores: Scores, numbers: Numbers) -> dict[str, object]:
    """Hazards, dimensions, what is within reach, and the score of the conditions alone."""
    shapley = share_hazards(scores.hazards)
    parts = {f"hazard_{name}": scores.hazards[:, i] for i, name in enumerate(CLASSES)}
    parts |= {f"shapley_{name}": shapley[:, i] for i, name in enumerate(CLASSES)}
    parts |= {f"covered_{name}": view.reach.covered[:, i] for i, name in enumerate(SERVICES)}
    alone = np.column_stack([scores.severity, scores.vulnerability, scores.coping])
    remote_h = view.reach.remoteness_h
    return {
        **parts,
        "severity": scores.severity, "hazard": scores.hazard,
        "vulnerability": scores.vulnerability, "coping": scores.coping,
        "coverage_index": 1.0 - judge_coping(view.scene.covered, numbers) / SCALE,
        "remoteness_h": np.where(np.isfinite(remote_h), remote_h, np.nan),
        "conditions_score": combine_dimensions(alone, numbers),
        "floored": pd.array(scores.floored, dtype="boolean"),
        "unknown": _name_unknown(view),
    }


def _name_unknown(view: View) -> list[tuple[str, ...]]:
    """What is not known of each segment, and so left out or in the way of a score."""
    ground = view.scene.conditions
    tests = {
        "reports": np.isnan(view.scene.harm).any(axis=1),
        "temperature": np.isnan(ground.temperature_degc).any(axis=1),
        "aridity": np.isnan(ground.aridity),
        "terrain": np.isnan(ground.slowness),
        "storms": np.isnan(ground.storms_per_year).any(axis=1),
        **{name: np.isnan(view.scene.covered[:, i]) for i, name in enumerate(SERVICES)},
    }
    names = np.array(list(tests), dtype=object)
    return [tuple(names[row]) for row in np.column_stack(list(tests.values()))]


def _compare(frame: pd.DataFrame, scores: Scores, numbers: Numbers) -> pd.DataFrame:
    """Shares of each dimension in the logarithm of the score beside the corridor's middle."""
    floor = numbers.value("floor")
    scored = ~np.isnan(scores.score)[:, None]
    parts = pd.DataFrame(np.where(scored, np.maximum(scores.dimensions, floor), np.nan),
                         index=frame.index, columns=list(DIMENSIONS))
    corridor = frame["corridor"].astype("object").fillna("") if "corridor" in frame else ""
    keys = pd.Series(corridor, index=frame.index)
    middle = parts.groupby(keys, sort=True).transform("median")
    weights = weigh_dimensions(numbers)
    shares = share_logs(parts.to_numpy(), middle.to_numpy(), weights)
    named = {f"share_{name}": shares[:, i] for i, name in enumerate(DIMENSIONS)}
    reference = np.exp(np.log(middle.to_numpy()) @ weights)
    return pd.DataFrame({**named, "reference_score": reference}, index=frame.index)
