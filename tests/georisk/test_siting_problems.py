"""Every objective posed on the grid: by hand, against trying everything, and what must hold."""

from __future__ import annotations

import itertools
from dataclasses import replace

import grid_study as grid
import numpy as np
import pytest
from siting_world import TOWNS, ask, make_scene, pose_west

from georisk.coverage import compute_coverage
from georisk.siting.limits import Limits
from georisk.siting.objectives import OBJECTIVES, Aim, pose_objective
from layers.errors import CallError

V = grid.FLAT_KMH
COUNTRIES = ["GT"] * 10 + ["HN"] * 10
ROOM = Aim(max_gap_h=1.0, capacity={"water": 30.0}, need={"water": 15.0})


def count_people(per_day: float) -> np.ndarray:
    return np.full((20, 2), per_day)


def test_longest_gap_by_hand() -> None:
    """Water at km 10 of 20: a stretch of 10 km on both sides; km 5 and 15 halve them.

    Points count in the middle of the segments where they join: half a km is lost at each end.
    """
    answer = ask(pose_west(), objective="gap", k=2)
    assert answer.before * V == pytest.approx(9.5)
    assert {site.candidate_id for site in answer.sites} == {"r1c0", "r3c0"}
    assert answer.after * V == pytest.approx(4.5)
    assert answer.unit == "h on foot"
    assert not answer.more_is_better


def test_gaps_of_a_brief_by_hand() -> None:
    """Northwards: km 0-7 uncovered now; r1c0 leaves km 0-2 and, entered at km 6, one more km."""
    site = ask(pose_west(), k=1).sites[0]
    assert site.candidate_id == "r1c0"
    gap = next(one for one in site.gaps if one.direction == "forward")
    assert (gap.length_km, gap.left_km, gap.closed) == (7.0, 2.0, False)
    own, family = gap.hours
    assert (own.before_h, own.after_h) == pytest.approx((7 / V, 2 / V))
    assert family.before_h == pytest.approx(7 / V / 0.65)
    assert site.people is None
    assert site.needs is None
    assert any("no flow data" in line for line in site.unknown)
    assert site.cost.total == 240_000.0


def test_farthest_and_hours_fall_with_more_points() -> None:
    scene = pose_west()
    for name in ("farthest", "hours"):
        values = [ask(scene, objective=name, k=k).after for k in (1, 2, 3, 4)]
        assert values == sorted(values, reverse=True)
        assert ask(scene, objective=name, k=1).before >= values[0]


def test_needed_by_hand() -> None:
    """No gap longer than 5.1 km; a point ends it 3 km before itself, the corridor at its end.

    Northwards: at km 1 the water at km 10 is 9 km off, more than 8.1: km 5. From km 11 to 14 the
    end is 9 to 6 km off: km 15. From km 15 on whoever walks north arrives. Likewise southwards.
    """
    answer = ask(pose_west(), objective="needed", aim=Aim(max_gap_h=5.1 / V))
    assert answer.solution.status == "optimal"
    assert {site.candidate_id for site in answer.sites} == {"r1c0", "r3c0"}
    assert answer.solution.objective == 2
    few = ask(pose_west(), objective="needed", aim=Aim(max_gap_h=7.1 / V), k=1)
    assert len(few.sites) <= len(answer.sites)
    with pytest.raises(CallError, match=r"no gap exceeds .* h as it is"):
        ask(pose_west(), objective="needed", aim=Aim(max_gap_h=9.1 / V))


def test_a_way_in_no_corridor_has_no_end_at_which_people_arrive() -> None:
    """n00 alone, water at none: all that lies behind the last candidate asks for a point ahead."""
    scene = pose_west()
    ground = replace(scene.ground, corridors={})
    lone = replace(scene, ground=ground)
    answer = ask(lone, objective="needed", aim=Aim(max_gap_h=5.1 / V))
    assert {site.candidate_id for site in answer.sites} == set(TOWNS)


def test_equity_serves_the_worst_country_and_tells_its_price() -> None:
    """Five times as deadly in the north: coverage goes north twice, equity once each."""
    intensity = np.where(np.arange(20) >= 10, 5.0, 1.0)
    scene = pose_west(intensity=intensity, country=COUNTRIES)
    assert {s.candidate_id for s in ask(scene, k=2).sites} == {"r3c0", "r4c0"}
    answer = ask(scene, objective="equity", k=2)
    assert {s.candidate_id for s in answer.sites} == {"r1c0", "r3c0"}
    assert answer.groups is not None
    # 20 km (both ways) a country, 4 covered now, 8 more
    assert answer.groups["before"].tolist() == pytest.approx([0.2, 0.2])
    assert answer.groups["after"].tolist() == pytest.approx([0.6, 0.6])
    assert answer.equity_price == pytest.approx(1 - 48 / 60)
    fair = ask(scene, objective="fair", k=2)
    assert {s.candidate_id for s in fair.sites} == {"r1c0", "r3c0"}


def test_autonomy_needs_points_within_reach_of_each_other() -> None:
    """Legs of 5 km on 3 km of water: a leg is whole where a point stands at its middle or so."""
    answer = ask(pose_west(water=3.0), objective="autonomy", k=4)
    assert answer.before > 0
    assert answer.after <= answer.before
    easy = pose_west(water=4.0)
    with pytest.raises(CallError, match="every leg can be walked whole"):
        ask(pose_west(water=6.0), objective="autonomy", k=1)
    assert ask(easy, objective="autonomy", k=4).before > 0


def test_room_binds_and_needs_people() -> None:
    with pytest.raises(CallError, match="no flow data where anything is out of reach"):
        ask(pose_west(), objective="capacity", aim=ROOM)
    scene = pose_west(people=count_people(50.0))
    answer = ask(scene, objective="capacity", k=2, aim=ROOM)
    # 50 people x 1 km / 5.04 km/h / 10 h x 15 L = 14.9 L a row; 8 rows a site, but room for 30
    assert answer.solution.objective == pytest.approx(60.0)
    assert answer.sites[0].people is not None
    assert answer.sites[0].people.per_day == 100.0
    assert answer.sites[0].needs is not None
    assert answer.sites[0].needs.water_l_per_day == 1500.0
    assert answer.flow_basis.startswith("people are counted on 20 of 20 km")


def pose_any(name: str) -> tuple[object, Aim]:
    scene = pose_west(people=count_people(10.0), country=COUNTRIES,
                      intensity=np.linspace(1.0, 3.0, 20))
    return scene, ROOM


@pytest.mark.parametrize("name", sorted(set(OBJECTIVES) - {"needed"}))
def test_no_pair_is_better_than_the_chosen_one(name: str) -> None:
    scene, aim = pose_any(name)
    posed = pose_objective(scene, name, aim)
    solution = posed.solve(Limits(k=2), "auto", 30.0)
    if name == "capacity":
        return  # what one more adds is only bounded there
    values = [float(posed.add([one])[other]) for one, other in itertools.combinations(range(4), 2)]
    best = max(values) if posed.more_is_better else min(values)
    assert solution.objective == pytest.approx(best, abs=1e-6)
    assert solution.status == "optimal"


@pytest.mark.parametrize("name", sorted(OBJECTIVES))
def test_every_answer_is_whole_and_ordered(name: str) -> None:
    scene, aim = pose_any(name)
    answer = ask(scene, objective=name, k=3, aim=aim)
    assert [site.rank for site in answer.sites] == list(range(1, len(answer.sites) + 1))
    assert answer.table["objective"].eq(name).all()
    for site in answer.sites:
        assert len(site.alternatives) <= 3
        assert site.candidate_id not in {one.candidate_id for one in site.alternatives}
        assert [one.lost for one in site.alternatives] == sorted(
            one.lost for one in site.alternatives)
        assert site.reason
        assert np.isfinite(site.benefit)


def test_forbidden_and_spacing_hold_for_every_objective() -> None:
    scene = pose_west(people=count_people(10.0), country=COUNTRIES, apart_km=6.0)
    for name in sorted(set(OBJECTIVES) - {"needed"}):
        chosen = {s.candidate_id for s in ask(scene, objective=name, k=3, aim=ROOM).sites}
        assert not {"r0c0", "r1c0"} <= chosen, name
        assert not {"r3c0", "r4c0"} <= chosen, name


def test_without_corridors_gaps_cannot_be_asked_for() -> None:
    segments = grid.make_segments(grid.make_routes(["n00", "e00"]))
    places, services = grid.make_places(["gt-ex-5"]), grid.make_services(water=1.0)
    coverage = compute_coverage(segments, grid.make_travel(segments, places), places, services)
    scene = make_scene(segments, coverage, services, grid.make_towns().loc[["r0c0"]])
    with pytest.raises(CallError, match="the study has no corridor"):
        ask(scene, objective="gap")
    assert ask(scene, k=1).sites[0].gaps == ()
