"""What becomes of a choice under other intensities and parameters: how often, and what regret."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from georisk.siting.answers.trust_facts import RobustChoice, Selection, Trust
from georisk.siting.objectives import pose_objective
from georisk.siting.posing.posed_curve import choose_method
from georisk.siting.posing.problems import weigh_demand
from georisk.siting.trust.draws import World, measure_worth, stack_worlds
from georisk.siting.trust.regret import measure_regret, minimise_regret
from georisk.siting.trust.robust import choose_in_worlds, count_selection
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from georisk.siting.limits import Limits
    from georisk.siting.posing.posed import Aim, Posed
    from georisk.siting.posing.scene import Scene
    from layers.crs import FloatArray

_COVER = frozenset({"coverage", "length"})
# Of these a choice of another world has no worth that could be compared.
_NO_WORTH = frozenset({"needed", "capacity"})


@dataclass(frozen=True, eq=False)
class Trial:
    """What is tried: an objective within limits, and the sites that are proposed."""

    objective: str
    aim: Aim
    limits: Limits
    proposed: tuple[int, ...]
    no_regret: float
    time_limit_s: float


def try_worlds(
    scene: Scene, variants: Sequence[Scene], trial: Trial, varied: Sequence[str]
) -> Trust:
    """Choose anew under every variant, and with every draw of the intensity.

    Of coverage each draw of the intensity meets one of the variants in turn; of other objectives
    each variant meets one draw and is solved by greedy and exchange (``farthest`` and ``gap`` as
    a single choice is).

    Parameters
    ----------
    scene : Scene
        As it is proposed for.
    variants : sequence of Scene
        The same candidates under drawn parameters.
    varied : sequence of str
        What was drawn, in words.

    Raises
    ------
    CallError
        If the objective has no sense in any of them.
    """
    attempt = _try_cover if trial.objective in _COVER else _try_any
    choices, robust = attempt(variants, trial)
    table = _tabulate(scene, choices, trial)
    by_risk = trial.objective in {"coverage", "hours", "autonomy"}
    what = "intensity and parameters" if by_risk else "parameters; intensity does not enter"
    missed = len(variants) - len(choices) if trial.objective not in _COVER else 0
    told = (f"{trial.objective}: chosen anew in {len(choices)} draws over {len(variants)} sets of "
            f"parameters ({what})")
    notes = [told]
    if missed:
        notes.append(f"{trial.objective}: under {missed} sets of parameters nothing can be "
                     "proposed")
    return Trust(table, len(choices), len(variants), tuple(varied),
                 _name(robust, scene), tuple(notes))


def _try_cover(
    variants: Sequence[Scene], trial: Trial
) -> tuple[list[tuple[int, ...]], _Rows | None]:
    worlds = [world for at, variant in enumerate(variants)
              for world in _draw_worlds(variant, at, len(variants), trial.objective)]
    solutions = choose_in_worlds(worlds, trial.limits)
    found = minimise_regret(worlds, solutions, trial.limits, time_limit_s=trial.time_limit_s)
    stacks = stack_worlds(worlds, fixed=trial.limits.fixed)
    worth = measure_worth(stacks, [trial.proposed, *found.choices])
    best = np.maximum(worth.max(axis=0), [one.objective for one in solutions])
    own = measure_regret(worth[:1], best)[0]
    rows = _Rows(found.chosen, found.worst, found.mean, found.bound, found.status,
                 found.mean_chosen, found.mean_worst, found.mean_mean, float(own.max()),
                 float(own.mean()))
    return [one.chosen for one in solutions], rows


@dataclass(frozen=True)
class _Rows:
    """As `RobustChoice`, sites as rows."""

    sites: tuple[int, ...]
    worst: float
    mean: float
    bound: float
    status: str
    mean_sites: tuple[int, ...]
    mean_worst: float
    mean_mean: float
    proposed_worst: float
    proposed_mean: float


def _draw_worlds(variant: Scene, at: int, count: int, objective: str) -> list[World]:
    draws = variant.ground.draws
    if objective == "length":
        return [World(variant.reach, variant.by_km)]
    if draws is None or len(draws) < count:
        return [World(variant.reach, variant.by_risk)]
    weights = weigh_demand(variant.demand, draws[at::count], factor=variant.flow_factor)
    return [World(variant.reach, row * variant.service_factor) for row in weights]


def _try_any(
    variants: Sequence[Scene], trial: Trial
) -> tuple[list[tuple[int, ...]], _Rows | None]:
    posed: list[Posed] = []
    choices: list[tuple[int, ...]] = []
    refusal = ""
    for at, variant in enumerate(variants):
        try:
            one = pose_objective(_draw_intensity(variant, at), trial.objective, trial.aim)
            method = choose_method(trial.objective)
            choices.append(one.solve(trial.limits, method, trial.time_limit_s).chosen)
        except CallError as said:
            refusal = str(said)
            continue
        posed.append(one)
    if not choices:
        raise CallError(refusal)
    if trial.objective in _NO_WORTH:
        return choices, None
    pool = sorted({tuple(sorted(sites)) for sites in (*choices, trial.proposed) if sites})
    return choices, _rank_pool(posed, pool, tuple(sorted(trial.proposed))) if pool else None


def _draw_intensity(scene: Scene, at: int) -> Scene:
    draws = scene.ground.draws
    if draws is None or not len(draws):
        return scene
    return replace(scene, ground=replace(scene.ground, intensity=draws[at % len(draws)]))


def _rank_pool(
    posed: Sequence[Posed], pool: list[tuple[int, ...]], proposed: tuple[int, ...]
) -> _Rows:
    """Regret of each choice in each world, of the best among them."""
    gain = np.array([[_measure_gain(one, sites) for one in posed] for sites in pool])
    regret = measure_regret(gain, gain.max(axis=0))
    worst, mean = regret.max(axis=1), regret.mean(axis=1)
    own = pool.index(proposed) if proposed in pool else -1
    # Of choices as good the one that is proposed, then the first.
    order = sorted(range(len(pool)), key=lambda at: (at != own, pool[at]))
    least = min(order, key=lambda at: (round(worst[at], 9), round(mean[at], 9)))
    usual = min(order, key=lambda at: (round(mean[at], 9), round(worst[at], 9)))
    own = own if own >= 0 else least
    return _Rows(pool[least], float(worst[least]), float(mean[least]), 0.0, "tried", pool[usual],
                 float(worst[usual]), float(mean[usual]), float(worst[own]), float(mean[own]))


def _measure_gain(posed: Posed, sites: tuple[int, ...]) -> float:
    """What some sites add to what stands: 0 or more, in the unit of the objective."""
    value = float(posed.add(list(sites[1:]))[sites[0]])
    if not posed.more_is_better:
        return max(posed.before - value, 0.0)
    return max(value if posed.adds else value - posed.before, 0.0)


def _tabulate(
    scene: Scene, choices: Sequence[tuple[int, ...]], trial: Trial
) -> pd.DataFrame:
    found = count_selection(choices, len(scene.candidates), no_regret=trial.no_regret)
    proposed = np.zeros(len(scene.candidates), bool)
    proposed[list(trial.proposed)] = True
    table = scene.candidates[["place", "country"]].assign(
        **{name: found[name].to_numpy() for name in found.columns}, proposed=proposed)
    table = table[(table["frequency"] > 0) | table["proposed"]]
    return table.rename_axis("candidate_id").sort_values(
        "frequency", ascending=False, kind="stable")


def _name(rows: _Rows | None, scene: Scene) -> RobustChoice | None:
    if rows is None:
        return None
    ids = scene.candidates.index
    return RobustChoice(
        tuple(str(ids[row]) for row in rows.sites), rows.worst, rows.mean, rows.bound, rows.status,
        tuple(str(ids[row]) for row in rows.mean_sites), rows.mean_worst, rows.mean_mean,
        rows.proposed_worst, rows.proposed_mean)


def select_rows(trust: Trust) -> dict[str, Selection]:
    """Selection of each site of a table of trust, by candidate."""
    basis = "intensity and parameters drawn" if trust.worlds else "intensity drawn"
    return {
        str(name): Selection(
            float(row["frequency"]), float(row["error"]), float(row["low"]), float(row["high"]),
            bool(row["no_regret"]), bool(row["sure"]), trust.draws, trust.worlds, basis)
        for name, row in trust.table.iterrows()
    }


def tell_frequency(
    frequency: FloatArray | None, draws: int, no_regret: float
) -> dict[int, Selection]:
    """Selection of each candidate from shares of draws of the intensity alone, by row.

    Examples
    --------
    >>> told = tell_frequency(np.array([0.9, 0.1]), 10, 0.8)
    >>> round(told[0].error, 3), told[0].no_regret, told[0].sure
    (0.095, True, False)
    """
    if frequency is None or not draws:
        return {}
    counts = np.rint(np.asarray(frequency) * draws).astype(np.int64)
    choices = [tuple(np.flatnonzero(counts > at).tolist()) for at in range(draws)]
    found = count_selection(choices, len(counts), no_regret=no_regret)
    return {
        row: Selection(float(one.frequency), float(one.error), float(one.low), float(one.high),
                       bool(one.no_regret), bool(one.sure), draws, 0, "intensity drawn")
        for row, one in enumerate(found.itertuples())
    }
