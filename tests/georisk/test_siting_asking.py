"""What may be asked besides: curves, other worlds, least regret, years, profiles, refusals."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import grid_study as grid
import numpy as np
import pandas as pd
import pytest
from siting_world import CONTEXT, ask, make_scene, pose_west

from georisk.coverage import compute_coverage
from georisk.parameters import Parameters
from georisk.siting.answers.answering import Request
from georisk.siting.answers.stability import Trial, try_worlds
from georisk.siting.answers.yearly import plan_years
from georisk.siting.asking import SitingScene
from georisk.siting.limits import Limits
from georisk.siting.objectives import Aim
from georisk.siting.posing.problems import fill_intensity
from georisk.siting.posing.variants import draw_parameters, list_varied
from georisk.study import Study
from layers.errors import CallError

DAY = dt.date(2025, 1, 1)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study.open(grid.write_grid_study(tmp_path_factory.mktemp("grid")), today=DAY)


def change(study: Study, **siting: object) -> Study:
    return study.with_changes(siting={**study.config.siting.model_dump(), **siting})


def wrap(scene) -> SitingScene:
    return SitingScene(scene, CONTEXT, "", pd.DataFrame())


# -- curve -----------------------------------------------------------------------------------


def test_curve_by_hand() -> None:
    """8, 8, 4, 4 of 32 km: the curve bends after the second point."""
    answer = ask(pose_west(), k=4)
    assert answer.curve is not None
    assert answer.curve.benefit == (8, 16, 20, 24)
    assert answer.knee is not None
    assert answer.knee.k == 2
    assert ask(pose_west(), objective="hours", k=2).curve is None


@pytest.mark.parametrize("name", ["hours", "farthest", "gap", "equity", "fair", "autonomy"])
def test_curve_of_any_objective_is_drawn_where_it_is_asked_for(name: str) -> None:
    scene = pose_west(country=["GT"] * 10 + ["HN"] * 10)
    answer = wrap(scene).ask(Request(objective=name, k=2, curve_to=9))
    assert answer.curve is not None
    assert answer.curve.k == (1, 2, 3, 4)  # there are four candidates
    assert list(answer.curve.benefit) == sorted(answer.curve.benefit)
    gain = abs(answer.solution.objective - answer.before)
    gain = answer.solution.objective if name == "autonomy" else gain
    assert answer.curve.benefit[1] == pytest.approx(gain, abs=1e-6)


def test_no_curve_of_how_many() -> None:
    with pytest.raises(CallError, match="needed asks how many points"):
        wrap(pose_west()).ask(Request("needed", curve_to=3, aim=Aim(max_gap_h=1.0)))


# -- other worlds ----------------------------------------------------------------------------


def test_frequency_carries_its_error() -> None:
    intensity = np.where(np.arange(20) >= 10, 5.0, 1.0)
    draws = np.stack([intensity, np.ones(20)] * 5)
    answer = ask(pose_west(intensity=intensity, draws=draws), k=2)
    first, second = (site.selection for site in answer.sites)
    assert (first.frequency, first.error, first.draws, first.worlds) == (1.0, 0.0, 10, 0)
    assert second.frequency == 0.5
    assert second.error == pytest.approx(np.sqrt(0.25 / 10))
    assert first.no_regret
    assert not second.no_regret
    assert second.low < 0.5 < second.high


def test_least_regret_by_hand() -> None:
    """Two worlds: the north is five times as deadly in one, the south in the other.

    r3c0 and r4c0 bring 40 + 20 of 60 in the first, 8 + 4 of 60 in the second: 80 % are missed.
    r1c0 and r3c0 bring 8 + 40 in either: 20 % are missed.
    """
    north = np.where(np.arange(20) >= 10, 5.0, 1.0)
    scene = pose_west(intensity=north, draws=np.stack([north, north[::-1]]))
    trial = Trial("coverage", Aim(), Limits(k=2), (2, 3), 0.8, 5.0)
    trust = try_worlds(scene, [scene, scene], trial, ["nothing"])
    assert trust.robust is not None
    assert trust.robust.sites == ("r1c0", "r3c0")
    assert trust.robust.worst == pytest.approx(0.2)
    assert trust.robust.proposed_worst == pytest.approx(0.8)
    assert trust.draws == 2
    assert trust.table["frequency"].tolist() == [0.5] * 4  # r0c0 and r1c0, r3c0 and r4c0
    assert trust.table["proposed"].sum() == 2


@pytest.mark.parametrize("name", ["coverage", "length", "hours", "gap", "equity", "needed"])
def test_worlds_of_a_study(study: Study, name: str) -> None:
    posed = study.value("siting_scene")
    aim = Aim(max_gap_h=1.0)
    answer = posed.ask(Request(objective=name, k=2, worlds=4, aim=aim))
    trust = answer.trust
    assert trust is not None
    assert 1 <= trust.worlds <= 4
    assert set(trust.table.index[trust.table["proposed"]]) == {
        site.candidate_id for site in answer.sites}
    assert "water.carried_l 2-8 L" in trust.varied
    for site in answer.sites:
        assert site.selection is not None
        assert site.selection.frequency == site.selection_frequency
        assert site.selection.low <= site.selection.frequency <= site.selection.high
        assert not any("was not asked" in line for line in site.unknown)
    if trust.robust is not None:
        assert 0 <= trust.robust.worst <= trust.robust.proposed_worst + 1e-9 <= 1 + 1e-9
        assert trust.robust.mean_mean <= trust.robust.mean + 1e-9
    else:
        assert name == "needed"
    again = posed.ask(Request(objective=name, k=2, worlds=4, aim=aim))
    assert again.trust.table.equals(trust.table)


def test_less_water_carried_leaves_more_to_cover(study: Study) -> None:
    from georisk.siting.posing.variants import vary_scene

    posed = study.value("siting_scene")
    same = vary_scene(posed.origin)
    assert same.demand.equals(posed.scene.demand)
    assert (same.reach != posed.scene.reach).nnz == 0
    less = study.parameters.replace(water__carried_l=2.0)
    assert len(vary_scene(posed.origin, parameters=less).demand) >= len(same.demand)


def test_drawn_parameters_stay_in_their_range() -> None:
    parameters = Parameters.read()
    names = list_varied(parameters, "family", ["water", "shelter"])
    drawn = draw_parameters(parameters, "family", names, worlds=50, seed=3)
    for name in set(names) - {"walk.person", "profile.family.speed_factor"}:
        low, high = parameters.entries[name]["range"]
        values = [one.value(name) for one in drawn]
        assert low <= min(values) < max(values) <= high
    assert len({one.value("profile.family.speed_factor") for one in drawn}) == 50


# -- profiles, months, years -----------------------------------------------------------------


def test_the_worst_served_profile(study: Study) -> None:
    """A profile has its own pace, threshold and places that admit it."""
    posed = change(study, profiles=("adult_man", "family", "injured")).value("siting_scene")
    answer = posed.ask(Request("equity", k=2, aim=Aim(groups="profile")))
    assert answer.groups is not None
    assert set(answer.groups.index) <= {"adult_man", "family", "injured"}
    assert len(answer.groups) >= 2
    assert (answer.groups["after"] >= answer.groups["before"] - 1e-9).all()
    assert answer.solution.objective == pytest.approx(answer.groups["after"].min())
    assert answer.equity_price is not None
    assert answer.equity_price <= answer.equity_price_most + 1e-9
    assert "worst served profile" in answer.title


def test_siting_has_a_traveller_of_its_own(study: Study) -> None:
    own = change(study, profile="family").value("siting_scene")
    assert own.context.profile == "family"
    assert own.context.paces[0].profile == "family"
    whole = study.with_changes(reference={**study.config.reference.model_dump(),
                                          "profile": "family"}).value("siting_scene")
    assert own.scene.demand.equals(whole.scene.demand)
    assert (own.scene.reach != whole.scene.reach).nnz == 0
    with pytest.raises(CallError, match="profile"):
        change(study, profile="giant").value("siting_scene")


def test_plan_over_years_by_hand() -> None:
    """A point costs 60,000 once and 60,000 a year; 8, 8, 4 and 4 km.

    In the first year 120,000 pay for one; in the second its 60,000 and 120,000 for another; in the
    third 180,000 keep two, run a third, and build it only with 240,000.
    """
    money = (120_000.0, 180_000.0, 239_999.0)
    plan = plan_years(pose_west(), "length", Limits(k=4), money, unit="km")
    assert [(site.candidate_id, site.year) for site in plan.sites] == [("r1c0", 1), ("r3c0", 2)]
    assert plan.covered == (8, 16, 16)
    assert plan.building == (60_000, 60_000, 0)
    assert plan.running == (60_000, 120_000, 120_000)
    assert plan.left == (0, 0, 119_999)
    with pytest.raises(CallError, match="the cheapest costs 120,000 in its first year"):
        plan_years(pose_west(), "length", Limits(k=4), (1000.0,), unit="km")
    with pytest.raises(CallError, match="years are planned for coverage and length"):
        wrap(pose_west()).ask(Request("hours", years=(1e6,)))


def test_a_study_names_years(study: Study) -> None:
    siting = change(study, years=[120_000.0, 180_000.0]).value("siting")
    assert siting.answer.plan is not None
    assert len(siting.answer.plan.money) == 2


# -- services, silence, refusals -------------------------------------------------------------


def test_services_weigh_by_their_share() -> None:
    scene = pose_west(phone=3.0)
    assert scene.by_risk == pytest.approx(scene.by_km)
    ground = replace(scene.ground, service_share={"water": 1.2, "phone": 0.8})
    weighed = replace(scene, ground=ground)
    water = (weighed.demand["service"] == "water").to_numpy()
    assert (weighed.by_risk / weighed.by_km)[water] == pytest.approx(1.2)
    assert (weighed.by_risk / weighed.by_km)[~water] == pytest.approx(0.8)
    assert weighed.by_km.tolist() == scene.by_km.tolist()


def test_a_corridor_whose_median_is_nothing_does_not_starve_its_silent_part() -> None:
    segments = pd.DataFrame({
        "intensity_per_100km_year": [0.0, 0.0, 3.0, 0.0, 2.0, 4.0], "length_km": 1.0,
        "corridor": ["a", "a", "a", "a", "b", "b"],
        "evidence": ["observed"] * 3 + ["insufficient"] + ["observed"] * 2,
    })
    assert fill_intensity(segments)[0][3] == 2.0  # of 0, 0, 3, 2 and 4


def test_without_an_origin_nothing_is_tried_for_others() -> None:
    for request in (Request(worlds=3), Request("equity", aim=Aim(groups="profile"))):
        with pytest.raises(CallError, match="not laid out from a study"):
            wrap(pose_west(country=["GT"] * 20)).ask(request)


def test_a_way_of_one_leg_is_enough_and_says_what_it_cannot() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    places, services = grid.make_places(["gt-ex-1"]).iloc[:0], grid.make_services(water=3.0)
    coverage = compute_coverage(segments, grid.make_travel(segments, places), places, services)
    scene = make_scene(segments, coverage, services, grid.make_towns().loc[["r0c0", "r1c0"]])
    assert len(ask(scene, k=2).sites) >= 1
    with pytest.raises(CallError, match=r"the study has no corridor: name whole ways"):
        ask(scene, objective="gap")
    with pytest.raises(CallError, match=r"no flow data .*import `flows`"):
        ask(scene, objective="capacity", aim=Aim(capacity={"water": 9.0}, need={"water": 1.0}))
    with pytest.raises(CallError, match=r"there are 2 candidates .*give 1 to 2"):
        ask(scene, k=3)
    with pytest.raises(CallError, match=r"the cheapest costs"):
        ask(scene, k=1, budget=1.0)
