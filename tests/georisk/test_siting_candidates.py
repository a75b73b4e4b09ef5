"""Who may be proposed, and every reason why another may not."""

from __future__ import annotations

import geopandas as gpd
import grid_study as grid
import numpy as np
import pandas as pd
import shapely

from georisk.siting.posing.candidate_sources import (
    gather_mobile,
    gather_towns,
    gather_upgrades,
    join_sources,
)
from georisk.siting.posing.candidates import (
    CandidateRules,
    Surroundings,
    list_candidates,
    pair_near,
)

WEST = ["n00", "n10", "n20", "n30"]


def gather(services: list[str] | None = None, **rename: object) -> gpd.GeoDataFrame:
    """Every crossing of the grid as a gazetteer town."""
    places = grid.make_towns().rename(columns={"place": "name"}).assign(population=5000)
    towns = gather_towns(None, places, crs_metric=grid.CRS_METRIC, services=services or ["water"])
    return towns.rename(index=lambda name: name.removeprefix("town-")).assign(**rename)


def sort_west(sources: gpd.GeoDataFrame, *, around: Surroundings | None = None,
              existing: gpd.GeoDataFrame | None = None, modes: dict[str, str] | None = None,
              **rules: object) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    segments = grid.make_segments(grid.make_routes(WEST, modes=modes))
    # most violence on the last segment of n30, near r4c0
    segments["intensity_sec"] = [0.1] * 19 + [9.0]
    places = grid.make_places() if existing is None else existing
    return list_candidates(sources, segments, places, crs_metric=grid.CRS_METRIC,
                           rules=CandidateRules(**rules), around=around)


def test_candidates_and_why_others_are_left_out() -> None:
    kept, excluded = sort_west(gather(), max_access_km=6.0, min_spacing_km=4.0,
                               forbidden=("r0c0",))
    # column 1 lies 5 km from the route, column 2 10 km; water stands at r2c0, in n30 and at r4c4
    assert kept.index.tolist() == ["r0c1", "r1c0", "r1c1", "r2c1", "r3c1"]
    assert list(kept.columns) == ["place", "country", "kind", "option", "services", "lon", "lat",
                                  "geometry"]
    reasons = excluded["reason"]
    assert reasons["r0c0"] == "ruled out by the study"
    assert reasons["r2c0"].startswith("gt-ex-1 gives all of it 0.0 km away")
    assert reasons["r3c0"].startswith("gt-ex-3 gives all of it 2.5 km away")
    assert reasons["r4c0"].startswith("lethal violence")
    assert reasons["r4c1"].startswith("lethal violence")
    kept, _ = sort_west(gather(), max_access_km=6.0, min_spacing_km=0.0, override=("r4c0",))
    assert "r4c0" in kept.index
    assert "r4c1" not in kept.index
    # a point that gives only a part does not stand in the way
    kept, _ = sort_west(gather(["water", "asylum"]))
    assert "r2c0" in kept.index


def test_every_reason_is_told() -> None:
    """r4c0: forbidden, violent, near a full place, in an excluded area and over the border."""
    here = grid.locate(4, 0)
    area = gpd.GeoDataFrame({"reason": ["minefield"]}, index=["a"], crs="EPSG:4326",
                            geometry=[shapely.Point(here).buffer(0.01)])
    land = gpd.GeoDataFrame({"country": ["GT"]}, crs="EPSG:4326",
                            geometry=[shapely.box(-91, 13, -89, grid.locate(3.5, 0)[1])])
    _, excluded = sort_west(
        gather(), max_access_km=1.0, min_spacing_km=4.0, border_km=1.0, forbidden=("r4c0",),
        around=Surroundings(land, area))
    parts = excluded.at["r4c0", "reason"].split("; ")
    # "lethal violence" holds a ; of its own
    told = " | ".join(parts)
    for word in ("ruled out by the study", "lethal violence", "in water or over the border: 2 km",
                 "excluded area: minefield", "gt-ex-3 gives all of it 2.5 km away"):
        assert word in told
    assert "excluded area" not in excluded.at["r3c0", "reason"]


def test_what_no_vehicle_reaches_is_left_out() -> None:
    sources = gather(town=False)
    kept, excluded = sort_west(sources, max_access_km=1.0, min_spacing_km=0.0)
    assert not len(kept)  # the whole way is walked, and nothing is a town
    assert "no vehicle gets there" in excluded.at["r1c0", "reason"]
    kept, _ = sort_west(sources, max_access_km=1.0, min_spacing_km=0.0, vehicle_km=4.0,
                        modes={"n00": "road"})
    assert kept.index.tolist() == ["r0c0", "r1c0"]


def test_crossings_must_be_official() -> None:
    here = {"geometry": [shapely.Point(grid.locate(row, 0)) for row in (0, 1, 2)],
            "crs": "EPSG:4326"}
    waypoints = gpd.GeoDataFrame(
        {"name": ["A", "B", "C"], "country": "GT", "kind": ["crossing", "crossing", "station"],
         "official_crossing": pd.array([True, None, None], dtype="boolean")},
        index=["gt-a", "gt-b", "gt-c"], **here)
    places = gpd.GeoDataFrame(
        {"name": ["C"], "country": ["GT"], "population": [5000]}, index=["7"],
        geometry=[here["geometry"][2]], crs="EPSG:4326")
    sources = gather_towns(waypoints, places, crs_metric=grid.CRS_METRIC, services=["water"])
    assert sources["kind"].to_dict() == {"gt-a": "crossing", "gt-b": "crossing", "gt-c": "station"}
    assert sources["town"].tolist() == [False, False, True]  # a gazetteer town stands at gt-c
    _, excluded = sort_west(sources, min_spacing_km=0.0, vehicle_km=50.0)
    assert excluded["reason"].to_dict() == {"gt-b": "not known to be an official crossing"}


def test_facilities_are_upgraded_and_named_by_either_id() -> None:
    sources = gather_upgrades(grid.make_places(), services=["shelter", "water"])
    assert sources["services"].to_dict() == {
        "upgrade-gt-ex-1": ("shelter",), "upgrade-gt-ex-2": ("water",),
        "upgrade-gt-ex-3": ("shelter",), "upgrade-gt-ex-5": ("water",),
        "upgrade-gt-ex-6": ("water",)}
    assert set(sources["option"]) == {"upgrade"}
    _, excluded = sort_west(sources, min_spacing_km=0.0, vehicle_km=0.0, forbidden=("gt-ex-1",))
    assert "ruled out by the study" in excluded.at["upgrade-gt-ex-1", "reason"]
    detained = grid.make_places().assign(place_kind="detention")
    assert not len(gather_upgrades(detained, services=["legal"]))


def test_mobile_units_stand_in_gaps() -> None:
    """20 km, all but km 8-12 uncovered, one in 4 km of each 5 km leg and of what is left of it."""
    segments = grid.make_segments(grid.make_routes(WEST)).assign(country="GT")
    uncovered = np.ones(20, bool)
    uncovered[8:12] = False
    units = gather_mobile(segments, uncovered, services=["water"], every_km=5.0)
    assert units.index.tolist() == [
        f"mobile-{leg}-{n}" for leg, n in (("n00", "0003"), ("n10", "0003"), ("n20", "0003"),
                                           ("n30", "0003"))]
    middle = segments.geometry["n00-0003"].interpolate(0.5, normalized=True)
    assert units.geometry.iloc[0].equals_exact(middle, 1e-9)
    assert set(units["kind"]) == {"mobile"}
    assert not len(gather_mobile(segments, np.zeros(20, bool), services=["water"], every_km=5.0))


def test_towns_are_gathered_once_each() -> None:
    waypoints = grid.make_towns().iloc[:2].rename(columns={"place": "name"})
    places = grid.make_towns().iloc[1:4].rename(columns={"place": "name"})
    places = places.assign(population=[5000, 5000, 10])
    towns = gather_towns(waypoints, places, crs_metric=grid.CRS_METRIC)
    assert towns.index.tolist() == ["r0c0", "r0c1", "town-r0c2"]
    assert len(gather_towns(None, None, crs_metric=grid.CRS_METRIC)) == 0
    kept, excluded = sort_west(join_sources([]))
    assert (len(kept), len(excluded)) == (0, 0)


def test_neighbours_are_paired() -> None:
    towns = grid.make_towns().loc[["r0c0", "r1c0", "r3c0"]]
    assert pair_near(towns, within_km=6.0, crs_metric=grid.CRS_METRIC) == ((0, 1),)
    assert pair_near(towns, within_km=0.0, crs_metric=grid.CRS_METRIC) == ()
    assert pair_near(towns, within_km=11.0, crs_metric=grid.CRS_METRIC) == ((0, 1), (1, 2))
