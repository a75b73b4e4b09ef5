"""The grid as a scene of siting: column 0 alone, 20 km, water at km 10 only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grid_study as grid
import numpy as np

from georisk.capacity.needs import Sphere
from georisk.coverage import compute_coverage
from georisk.siting.answers.answering import Request, answer_request
from georisk.siting.answers.contexts import RISK_CLASSES
from georisk.siting.answers.gap_changes import Pace
from georisk.siting.answers.telling import Context
from georisk.siting.objectives import Aim
from georisk.siting.posing.candidates import pair_near
from georisk.siting.posing.costs import read_costs
from georisk.siting.posing.ground import Ground
from georisk.siting.posing.route_positions import find_segments
from georisk.siting.posing.scene import Scene, set_scene

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from georisk.siting.answers.answers import Answer

WEST = ["n00", "n10", "n20", "n30"]
TOWNS = ["r0c0", "r1c0", "r3c0", "r4c0"]  # km 0, 5, 15 and 20
CONTEXT = Context("adult_man", None, (Pace("adult_man", None), Pace("family", None, 1 / 0.65)),
                  Sphere(), 50.0, 3.0, RISK_CLASSES, synthetic=True)


def shape_candidates(
    towns: gpd.GeoDataFrame, services: list[str], offers: dict[str, tuple[str, ...]] | None = None
) -> gpd.GeoDataFrame:
    """Towns as `list_candidates` would give them."""
    cells = np.empty(len(towns), dtype=object)
    cells[:] = [(offers or {}).get(name, tuple(sorted(services))) for name in towns.index]
    return towns.assign(kind="town", option="build", services=cells, lon=towns.geometry.x,
                        lat=towns.geometry.y).sort_index()


def make_scene(
    segments: gpd.GeoDataFrame, coverage: pd.DataFrame, services: pd.DataFrame,
    towns: gpd.GeoDataFrame, *, wanted: list[str] | None = None,
    intensity: np.ndarray | None = None, draws: np.ndarray | None = None,
    people: np.ndarray | None = None, standing: dict[str, np.ndarray] | None = None,
    offers: dict[str, tuple[str, ...]] | None = None, apart_km: float = 0.0,
    step_km: float = 1.0,
) -> Scene:
    """A scene over the grid; places and towns stand on legs."""
    from georisk.parameters import Parameters

    wanted = list(services.index) if wanted is None else wanted
    candidates = shape_candidates(towns, wanted, offers)
    nobody = np.full((len(segments), 2), np.nan)
    kept = {name: steps for name, steps in grid.CORRIDORS.items()
            if {leg for leg, _ in steps} <= set(segments["leg_id"])}
    ground = Ground(
        segments, coverage, services, kept,
        np.ones(len(segments)) if intensity is None else intensity, draws, 0.0,
        nobody if people is None else people, standing or {},
    )
    worlds = (grid.make_travel(segments, candidates),) if len(candidates) else ()
    excluded = grid.make_towns().iloc[:0].assign(kind="", reason="").drop(columns="geometry")
    return set_scene(
        ground, (candidates, excluded), worlds, wanted=wanted,
        costs=read_costs(Parameters.read()), step_km=step_km,
        apart=pair_near(candidates, within_km=apart_km, crs_metric=grid.CRS_METRIC),
    )


def pose_west(
    *, water: float = 3.0, phone: float | None = None, turned: bool = False,
    towns: list[str] | None = None, country: list[str] | None = None, **options: object,
) -> Scene:
    """Column 0: thresholds in km on flat road, water at km 10."""
    segments = grid.make_segments(grid.make_routes(WEST))
    if country is not None:
        segments["country"] = country
    thresholds = {"water": water} if phone is None else {"phone": phone, "water": water}
    places, services = grid.make_places(["gt-ex-1"]), grid.make_services(**thresholds)
    travel = grid.make_travel(segments, places)
    coverage = compute_coverage(segments, travel, places, services)
    found = grid.make_towns().loc[towns or TOWNS]
    found = found.iloc[::-1] if turned else found
    _, rows = find_segments(travel.network, "walk")
    return make_scene(segments, coverage, services, found, standing={"water": rows}, **options)


def ask(scene: Scene, *, aim_h: float = 8.0, aim: Aim | None = None, **request: object) -> Answer:
    """An answer to a request."""
    asked = Request(**{"aim": aim or Aim(max_gap_h=aim_h), **request})
    return answer_request(scene, asked, CONTEXT)


def list_served(scene: Scene, row: int) -> set[tuple[str, str]]:
    """Segment and direction of the rows that a candidate reaches."""
    found = scene.demand.iloc[scene.reach[row].indices]
    return set(zip(found["segment_id"], found["direction"], strict=True))
