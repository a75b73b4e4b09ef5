"""Candidates, reach and proposed sites, by hand on the grid."""

from __future__ import annotations

import grid_study as grid
import numpy as np
import pandas as pd
import pytest

from georisk.coverage import compute_coverage
from georisk.siting.candidates import CandidateRules, gather_towns, list_candidates
from georisk.siting.problems import fill_intensity, pose_problem, weigh_demand
from georisk.siting.proposals import KM_UNIT, RISK_UNIT, propose_sites
from layers.catalog import find_spec
from layers.errors import CallError

WEST = ["n00", "n10", "n20", "n30"]


def pose_west(towns: list[str], *, threshold_km: float = 3.0):
    """Column 0 alone: 20 km, water at km 10 only, threshold 3 km."""
    segments = grid.make_segments(grid.make_routes(WEST))
    places, services = grid.make_places(["gt-ex-1"]), grid.make_services(water=threshold_km)
    coverage = compute_coverage(segments, grid.make_travel(segments, places), places, services)
    candidates = grid.make_towns().loc[towns]
    travel = grid.make_travel(segments, candidates)
    problem = pose_problem(segments, coverage, services, travel, wanted=["water"])
    return segments, candidates, problem


def list_served(problem, row: int) -> set[tuple[str, str]]:
    found = problem.demand.iloc[problem.reach[row].indices]
    return set(zip(found["segment_id"], found["direction"], strict=True))


TOWNS = ["r0c0", "r1c0", "r3c0", "r4c0"]  # km 0, 5, 15 and 20


def test_reach_by_hand() -> None:
    """Northwards km 7-10 has water within 3 km, southwards km 13-10: 16 + 16 rows are demand.

    Candidate at km 5: segments entered at km 2, 3, 4, 5 northwards; at 8, 7, 6, 5 southwards.
    At km 0: entered at km 0 northwards; at 3, 2, 1 southwards. Likewise from the other end:
    km 15 serves 4 + 4, km 20 serves those entered at 17, 18, 19 and, southwards, at 20.
    """
    _, _, problem = pose_west(TOWNS)
    assert problem.candidate_ids == tuple(TOWNS)
    assert len(problem.demand) == 32
    assert np.diff(problem.reach.indptr).tolist() == [4, 8, 8, 4]
    assert list_served(problem, 1) == {
        ("n00-0003", "forward"), ("n00-0004", "forward"), ("n00-0005", "forward"),
        ("n10-0001", "forward"),
        ("n10-0003", "backward"), ("n10-0002", "backward"), ("n10-0001", "backward"),
        ("n00-0005", "backward"),
    }


def test_sites_by_hand() -> None:
    """Nobody's reach overlaps, so the benefits are 8, 8, 4, 4 of 32 km; ties go by id."""
    segments, candidates, problem = pose_west(TOWNS)
    intensity = np.ones(len(segments))
    proposal = propose_sites(problem, candidates, intensity=intensity, k=3)
    table = proposal.by_risk.sort_values("rank")
    assert table.index.tolist() == ["r1c0", "r3c0", "r0c0"]
    assert table["benefit"].tolist() == [8, 8, 4]
    assert table["cumulative_share"].tolist() == pytest.approx([8 / 32, 16 / 32, 20 / 32])
    assert table["in_both"].all()
    assert table["reason"].iloc[2] == (
        "newly within reach: water 3 km backward, water 1 km forward"
    )
    assert proposal.risk.status == "optimal"
    assert proposal.risk.gap == 0
    # where the north is five times as deadly, both northern towns come first: 5 * 8 and 5 * 4
    north = segments["leg_id"].isin(["n20", "n30"]).to_numpy()
    draws = np.vstack([np.where(north, 5.0, 1.0), np.where(north, 5.0, 1.0), intensity, intensity])
    proposal = propose_sites(
        problem, candidates, intensity=draws[0], k=2, intensity_draws=draws
    )
    table = proposal.by_risk.sort_values("rank")
    assert table.index.tolist() == ["r3c0", "r4c0"]
    assert table["benefit"].tolist() == [40, 20]
    assert table["in_both"].tolist() == [True, False]
    # all draws choose r3c0; r4c0 loses to r1c0 in the two even ones
    assert table["selection_frequency"].tolist() == [1.0, 0.5]
    assert proposal.by_km.sort_values("rank").index.tolist() == ["r1c0", "r3c0"]
    assert set(table["benefit_unit"]) == {RISK_UNIT}
    assert set(proposal.by_km["benefit_unit"]) == {KM_UNIT}


def test_columns_are_those_of_the_spec() -> None:
    _, candidates, problem = pose_west(TOWNS)
    proposal = propose_sites(problem, candidates, intensity=np.ones(20), k=1)
    tables = {"proposed_sites": proposal.by_risk, "proposed_sites_km": proposal.by_km}
    for name, table in tables.items():
        spec = find_spec(name)
        assert set(table.columns) == {*spec.columns, "geometry"}
        assert table.index.name == spec.id
        assert table.crs == "EPSG:4326"


def test_what_reach_promises_coverage_keeps() -> None:
    """Building a candidate covers exactly the rows that its row of the reach matrix names."""
    segments = grid.make_segments()
    places, services = grid.make_places(), grid.make_services(water=7.0)
    before = compute_coverage(segments, grid.make_travel(segments, places), places, services)
    candidates = grid.make_towns().iloc[::3]
    problem = pose_problem(segments, before, services, grid.make_travel(segments, candidates),
                           wanted=["water"])
    for row, name in enumerate(problem.candidate_ids):
        point = candidates.geometry[name]
        new = grid.put_place(name, 0, 0, "water").set_geometry([point], crs="EPSG:4326")
        more = pd.concat([places, new])
        after = compute_coverage(segments, grid.make_travel(segments, more), more, services)
        gained = after[after["covered"] & ~before["covered"]]
        assert list_served(problem, row) == set(
            zip(gained["segment_id"], gained["direction"], strict=True)
        )


def test_candidates_and_why_others_are_left_out() -> None:
    routes = grid.make_routes(WEST)
    segments = grid.make_segments(routes)
    # most violence on the last segment of n30, near r4c0
    segments["intensity_sec"] = [0.1] * 19 + [9.0]
    rules = CandidateRules(max_access_km=6.0, min_spacing_km=4.0, forbidden=("r0c0",))
    kept, excluded = list_candidates(
        grid.make_towns(), segments, grid.make_places(), services=["water"],
        crs_metric=grid.CRS_METRIC, rules=rules,
    )
    # column 1 lies 5 km from the route, column 2 10 km; water stands at r2c0, in n30 and at r4c4
    assert kept.index.tolist() == ["r0c1", "r1c0", "r1c1", "r2c1", "r3c1"]
    assert list(kept.columns) == ["place", "country", "lon", "lat", "geometry"]
    reasons = excluded["reason"]
    assert reasons["r0c0"] == "ruled out by the study"
    assert reasons["r2c0"].startswith("gt-ex-1 gives all of it 0.0 km away")
    assert reasons["r3c0"].startswith("gt-ex-3 gives all of it 2.5 km away")
    assert reasons["r4c0"].startswith("lethal violence")
    assert reasons["r4c1"].startswith("lethal violence")
    more = CandidateRules(max_access_km=6.0, min_spacing_km=0.0, override=("r4c0",))
    kept, _ = list_candidates(grid.make_towns(), segments, grid.make_places(), services=["water"],
                              crs_metric=grid.CRS_METRIC, rules=more)
    assert "r4c0" in kept.index
    assert "r4c1" not in kept.index
    # a point that gives only a part does not stand in the way
    kept, _ = list_candidates(
        grid.make_towns(), segments, grid.make_places(), services=["water", "asylum"],
        crs_metric=grid.CRS_METRIC,
    )
    assert "r2c0" in kept.index


def test_towns_are_gathered_once_each() -> None:
    waypoints = grid.make_towns().iloc[:2].rename(columns={"place": "name"})
    places = grid.make_towns().iloc[1:4].rename(columns={"place": "name"})
    places = places.assign(population=[5000, 5000, 10])
    towns = gather_towns(waypoints, places, crs_metric=grid.CRS_METRIC)
    assert towns.index.tolist() == ["r0c0", "r0c1", "town-r0c2"]
    assert len(gather_towns(None, None, crs_metric=grid.CRS_METRIC)) == 0


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


def test_weights_are_km_or_km_times_intensity() -> None:
    demand = pd.DataFrame({"segment": [1, 0, 1], "length_km": [0.5, 2.0, 0.5]})
    assert weigh_demand(demand).tolist() == [0.5, 2.0, 0.5]
    assert weigh_demand(demand, np.array([3.0, 4.0])).tolist() == [2, 6, 2]
    draws = np.array([[3.0, 4.0], [0, 1]])
    assert weigh_demand(demand, draws).tolist() == [[2, 6, 2], [0.5, 0, 0.5]]


def test_unknown_service_is_said() -> None:
    segments, candidates, _ = pose_west(TOWNS)
    with pytest.raises(CallError, match="no such service: wine; there are: water"):
        pose_problem(segments, pd.DataFrame(), grid.make_services(water=3.0),
                     grid.make_travel(segments, candidates), wanted=["wine"])


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
