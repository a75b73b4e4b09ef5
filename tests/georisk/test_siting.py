"""Reach, weights and proposed sites, by hand on the grid."""

from __future__ import annotations

import grid_study as grid
import numpy as np
import pandas as pd
import pytest
from siting_world import TOWNS, ask, list_served, make_scene, pose_west

from georisk.coverage import compute_coverage
from georisk.siting.answers.answering import Request
from georisk.siting.posing.problems import fill_intensity, measure_flow_factor, weigh_demand
from georisk.siting.posing.reach import time_demand
from georisk.siting.posing.scene import KM_UNIT, RISK_UNIT
from layers.catalog import find_spec
from layers.errors import CallError


def test_reach_by_hand() -> None:
    """Northwards km 7-10 has water within 3 km, southwards km 13-10: 16 + 16 rows are demand.

    Candidate at km 5: segments entered at km 2, 3, 4, 5 northwards; at 8, 7, 6, 5 southwards.
    At km 0: entered at km 0 northwards; at 3, 2, 1 southwards. Likewise from the other end:
    km 15 serves 4 + 4, km 20 serves those entered at 17, 18, 19 and, southwards, at 20.
    """
    scene = pose_west()
    assert scene.candidates.index.tolist() == TOWNS
    assert len(scene.demand) == 32
    assert np.diff(scene.reach.indptr).tolist() == [4, 8, 8, 4]
    assert list_served(scene, 1) == {
        ("n00-0003", "forward"), ("n00-0004", "forward"), ("n00-0005", "forward"),
        ("n10-0001", "forward"),
        ("n10-0003", "backward"), ("n10-0002", "backward"), ("n10-0001", "backward"),
        ("n00-0005", "backward"),
    }
    hours = scene.hours[1].toarray().ravel()
    first = scene.demand.index[(scene.demand["segment_id"] == "n00-0003")
                               & (scene.demand["direction"] == "forward")][0]
    assert hours[first] == pytest.approx(3 / grid.FLAT_KMH, abs=1e-6)


def test_sites_by_hand() -> None:
    """Nobody's reach overlaps, so the benefits are 8, 8, 4, 4 of 32 km; ties go by id."""
    answer = ask(pose_west(), k=3)
    assert [site.candidate_id for site in answer.sites] == ["r1c0", "r3c0", "r0c0"]
    assert [site.benefit for site in answer.sites] == [8, 8, 4]
    table = answer.table.sort_values("rank")
    assert table["cumulative_share"].tolist() == pytest.approx([8 / 32, 16 / 32, 20 / 32])
    assert table["in_both"].all()
    assert answer.sites[2].reason.endswith(
        "newly within reach: water 3 km backward, water 1 km forward")
    assert (answer.before, answer.after) == (32, 12)
    assert (answer.solution.status, answer.solution.gap) == ("optimal", 0)
    assert set(table["benefit_unit"]) == {RISK_UNIT}


def test_a_deadlier_north_comes_first_and_is_marked() -> None:
    """Five times as deadly in the north: 5 * 8 and 5 * 4; by km alone r1c0 instead of r4c0."""
    intensity = np.where(np.arange(20) >= 10, 5.0, 1.0)
    even = np.ones(20)
    draws = np.stack([intensity, even, intensity, even])
    scene = pose_west(intensity=intensity, draws=draws)
    answer = ask(scene, k=2)
    assert [site.candidate_id for site in answer.sites] == ["r3c0", "r4c0"]
    assert [site.benefit for site in answer.sites] == [40, 20]
    assert [site.in_both for site in answer.sites] == [True, False]
    # all draws choose r3c0; r4c0 loses to r1c0 in the two even ones
    assert [site.selection_frequency for site in answer.sites] == [1.0, 0.5]
    by_km = ask(scene, objective="length", k=2)
    assert [site.candidate_id for site in by_km.sites] == ["r1c0", "r3c0"]
    assert by_km.unit == KM_UNIT
    # instead of r4c0 the next best: r1c0 with 8, then r0c0 with 4
    told = [(one.candidate_id, one.lost) for one in answer.sites[1].alternatives]
    assert told == [("r1c0", 12.0), ("r0c0", 16.0)]


def test_columns_are_those_of_the_spec() -> None:
    answer = ask(pose_west(), k=1)
    for name in ("proposed_sites", "proposed_sites_km"):
        spec = find_spec(name)
        assert set(answer.table.columns) == {*spec.columns, "geometry"}
        assert answer.table.index.name == spec.id
        assert answer.table.crs == "EPSG:4326"


def test_what_reach_promises_coverage_keeps() -> None:
    """Building a candidate covers exactly the rows that its row of the reach matrix names."""
    segments = grid.make_segments()
    places, services = grid.make_places(), grid.make_services(water=7.0)
    before = compute_coverage(segments, grid.make_travel(segments, places), places, services)
    candidates = grid.make_towns().iloc[::3]
    scene = make_scene(segments, before, services, candidates)
    for row, name in enumerate(scene.candidates.index):
        point = candidates.geometry[name]
        new = grid.put_place(name, 0, 0, "water").set_geometry([point], crs="EPSG:4326")
        more = pd.concat([places, new])
        after = compute_coverage(segments, grid.make_travel(segments, more), more, services)
        gained = after[after["covered"] & ~before["covered"]]
        assert list_served(scene, row) == set(
            zip(gained["segment_id"], gained["direction"], strict=True)
        )


def test_hours_are_kept_as_far_as_asked() -> None:
    scene = pose_west()
    limit = np.full(len(scene.demand), 1.0)
    near = time_demand(scene.worlds, scene.demand, limit_h=limit)
    far = time_demand(scene.worlds, scene.demand, limit_h=limit * np.inf)
    assert near.nnz < far.nnz
    both = near.toarray()[near.toarray() > 0]
    assert both.max() <= 1.0 + 1e-9
    assert np.array_equal(far.toarray()[near.toarray() > 0], both)


def test_an_upgrade_adds_only_what_a_facility_lacks() -> None:
    """Two services wanted; the candidate at km 5 gives only phone."""
    scene = pose_west(water=3.0, phone=3.0, offers={"r1c0": ("phone",)})
    served = scene.demand.iloc[scene.reach[1].indices]
    assert set(served["service"]) == {"phone"}
    assert set(scene.demand.iloc[scene.reach[2].indices]["service"]) == {"phone", "water"}


def test_silence_weighs_like_its_corridor() -> None:
    segments = pd.DataFrame({
        "intensity_per_100km_year": [1.0, 3.0, np.nan, 9.0, np.nan, 8.0],
        "length_km": 1.0, "corridor": ["a", "a", "a", "b", None, "c"],
        "evidence": ["observed"] * 5 + ["insufficient"],
    })
    intensity, filled_km = fill_intensity(segments)
    # a: median of 1 and 3; no corridor, and c of which nothing is known: median of all, 2.5
    assert intensity.tolist() == [1, 3, 2, 9, 2.5, 2.5]
    assert filled_km == 3
    nothing = segments.assign(intensity_per_100km_year=np.nan)
    assert fill_intensity(nothing)[0].tolist() == [1] * 6


def test_an_unreported_half_is_not_starved() -> None:
    """Two alike halves of 10 km; the north reports nothing: sites as by km, within one."""
    spread = [2.0, 0.5, 1.0, 4.0, 1.5] * 2
    segments = pd.DataFrame({
        "intensity_per_100km_year": [*spread, *[0.0] * 10], "length_km": 1.0,
        "corridor": "west", "evidence": ["observed"] * 10 + ["insufficient"] * 10,
    })
    intensity, filled_km = fill_intensity(segments)
    assert filled_km == 10
    scene = pose_west(intensity=intensity)
    for k in (2, 3, 4):
        risk = {site.candidate_id for site in ask(scene, k=k).sites}
        km = {site.candidate_id for site in ask(scene, objective="length", k=k).sites}
        north = {"r3c0", "r4c0"}
        assert len(risk & north) >= len(km & north) - 1
    assert {"r3c0", "r4c0"} & {site.candidate_id for site in ask(scene, k=2).sites}
    # taken at its word, silence would starve it
    starved = pose_west(intensity=np.array([*spread, *[0.0] * 10]))
    chosen = {site.candidate_id for site in ask(starved, k=2).sites}
    assert not chosen & {"r3c0", "r4c0"}


def test_weights_are_km_or_km_times_intensity() -> None:
    demand = pd.DataFrame({"segment": [1, 0, 1], "length_km": [0.5, 2.0, 0.5],
                           "direction": ["forward", "backward", "backward"]})
    assert weigh_demand(demand).tolist() == [0.5, 2.0, 0.5]
    assert weigh_demand(demand, np.array([3.0, 4.0])).tolist() == [2, 6, 2]
    draws = np.array([[3.0, 4.0], [0, 1]])
    assert weigh_demand(demand, draws).tolist() == [[2, 6, 2], [0.5, 0, 0.5]]
    factor = np.array([[1.0, 1.0], [0.5, 1.5]])
    assert weigh_demand(demand, np.array([3.0, 4.0]), factor=factor).tolist() == [3, 6, 1]


def test_flow_replaces_intensity_where_people_are_counted() -> None:
    """400 people a day, rate 2 per 100,000 person-km: 2 x 400 x 365.25 / 1000 per 100 km, year."""
    people = np.array([[100.0, 300.0], [np.nan, np.nan], [0.0, 0.0]])
    segments = pd.DataFrame({"incidents_per_100k_person_km": [2.0, np.nan, np.nan],
                             "evidence": ["observed", "observed", "modelled"]})
    intensity = np.array([4.0, 4.0, 4.0])
    factor, counted = measure_flow_factor(people, segments, intensity)
    assert counted.tolist() == [True, False, True]
    assert (factor[0] * intensity[0]).tolist() == pytest.approx([0.5 * 292.2, 1.5 * 292.2])
    assert factor[1].tolist() == [1, 1]
    assert factor[2].tolist() == [1, 1]  # nobody passed: no share to go by
    # what silence filled in is not replaced by a rate that nobody could know
    silent = segments.assign(evidence="insufficient")
    assert measure_flow_factor(people, silent, intensity)[0][0].tolist() == [0.5, 1.5]


def test_unknown_names_are_said() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    with pytest.raises(CallError, match="no such service: wine: there are water"):
        make_scene(segments, pd.DataFrame(), grid.make_services(water=3.0), grid.make_towns(),
                   wanted=["wine"])
    with pytest.raises(CallError, match="no objective named 'best'; there are: coverage"):
        ask(pose_west(), objective="best")
    with pytest.raises(CallError, match="required: no candidate named 'nowhere'"):
        ask(pose_west(), required=("nowhere",))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"k": 9}, r"k = 9, but there are 4 candidates .*give 1 to 4"),
        ({"budget": 10.0}, r"the budget of 10 buys no candidate; the cheapest costs 240,000"),
        ({"required": ("r0c0", "r1c0"), "k": 1}, r"2 sites are required and k = 1; raise k"),
        ({"objective": "capacity"}, r"room is counted|no flow data"),
    ],
)
def test_what_cannot_be_is_said_with_what_would_do(changes, told) -> None:
    with pytest.raises(CallError, match=told):
        ask(pose_west(), **changes)


def test_nothing_to_cover_and_no_candidate() -> None:
    segments = grid.make_segments(grid.make_routes(["n00"]))
    places, services = grid.make_places(["gt-ex-1"]), grid.make_services(water=500.0)
    coverage = compute_coverage(segments, grid.make_travel(segments, places), places, services)
    coverage["covered"] = True
    with pytest.raises(CallError, match="nothing to cover"):
        make_scene(segments, coverage, services, grid.make_towns())
    with pytest.raises(CallError, match="no town near a leg may be a candidate"):
        make_scene(segments, coverage, services, grid.make_towns().iloc[:0])


def test_limits_bind() -> None:
    scene = pose_west(apart_km=6.0)
    answer = ask(scene, k=3)
    names = [site.candidate_id for site in answer.sites]
    # r0c0-r1c0 and r3c0-r4c0 lie 5 km apart: one of each
    assert names == ["r1c0", "r3c0"]
    assert any("2 of 3 points" in note for note in answer.notes)
    must = ask(pose_west(), k=2, required=("r0c0",))
    assert {site.candidate_id for site in must.sites} == {"r0c0", "r1c0"}
    rich = ask(pose_west(), k=3, budget=500_000.0)
    assert len(rich.sites) == 2
    assert rich.spent == 480_000.0


def test_order_of_candidates_changes_nothing() -> None:
    one, other = ask(pose_west(), k=3), ask(pose_west(turned=True), k=3)
    assert one.table.drop(columns="geometry").equals(other.table.drop(columns="geometry"))


def test_request_is_the_default_of_a_study() -> None:
    assert Request().objective == "coverage"


def test_grid_study_reads_as_a_study(tmp_path) -> None:
    import datetime as dt

    from georisk.corridors import find_corridor_faults, find_leg_faults, find_signs, split_legs
    from layers.intake import Limits, take_in
    from layers.reading import read_rows

    study = grid.write_grid_study(tmp_path)
    assert study.name == "study.toml"
    counts = {"routes.geojson": 40, "shelters.csv": 4, "assistance_points.csv": 2,
              "incidents.csv": 60, "waypoints.csv": 25, "boundaries.geojson": 2}
    for file, count in counts.items():
        spec = find_spec(file.split(".")[0])
        intake = take_in(read_rows(tmp_path / file, spec), spec, source=file,
                         limits=Limits(today=dt.date(2025, 1, 1)))
        assert intake.count() == {"read": count, "accepted": count, "quarantined": 0}
        if spec.role == "route":
            routes = intake.accepted
    assert not find_leg_faults(routes, segment_km=1.0)
    assert not find_corridor_faults(routes, grid.CORRIDORS)
    assert {leg for leg, sign in find_signs(grid.CORRIDORS).items() if sign < 0} == set(grid.SIGNS)
    lines, ours = split_legs(routes, segment_km=1.0), grid.make_segments()
    assert lines.index.equals(ours.index)
    assert lines["length_km"].to_numpy() == pytest.approx(1.0, abs=1e-3)
    assert lines["start_lat"].to_numpy() == pytest.approx(ours["start_lat"].to_numpy(), abs=1e-6)
