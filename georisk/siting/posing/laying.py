"""From the steps of a study to a scene of siting: ground, hours, candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from georisk.coverage import Visitor, find_eligible
from georisk.coverage.shares import count_people
from georisk.coverage.steps import choose_services
from georisk.services import find_group
from georisk.siting.posing.candidates import pair_near
from georisk.siting.posing.costs import read_costs
from georisk.siting.posing.ground import Ground
from georisk.siting.posing.problems import fill_intensity, share_services
from georisk.siting.posing.route_positions import find_segments
from georisk.siting.posing.scene import Scene, set_scene
from georisk.worlds import make_pace, prepare_worlds

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from georisk.network import Network
    from georisk.step import Inputs, Settings
    from georisk.travel import Travel

    Candidates = tuple[gpd.GeoDataFrame, pd.DataFrame]


def lay_scene(
    inputs: Inputs, settings: Settings, candidates: Candidates, network: Network | None
) -> Scene:
    """Lay the scene out for the traveller and the parameters of some settings.

    Parameters
    ----------
    inputs : mapping
        Of the step ``siting_scene``; ``travel``, ``season`` and ``coverage`` are those of the
        traveller.
    candidates : tuple
        Those that may be chosen, and those left out.
    network : Network or None
        With the candidates attached as places; None where there is none.

    Raises
    ------
    CallError
        As `georisk.siting.posing.scene.set_scene`.
    """
    config, choice = settings.config, settings.config.siting
    worlds: tuple[Travel, ...] = ()
    if network is not None:
        pace = make_pace(settings.parameters, config.reference.profile,
                         rate=inputs["season"].rate)
        worlds = prepare_worlds(network, inputs["routes"].frame, settings, pace=pace)
    apart = choice.min_apart_km
    return set_scene(
        lay_ground(inputs, settings), candidates, worlds, wanted=choice.services,
        costs=read_costs(settings.parameters),
        apart=pair_near(
            candidates[0], crs_metric=config.crs_metric,
            within_km=settings.value("siting.min_apart_km") if apart is None else apart),
        far_times=settings.value("siting.far_times"), step_km=settings.value("siting.step_km"),
    )


def lay_ground(inputs: Inputs, settings: Settings) -> Ground:
    """What siting takes from the rest of a study."""
    segments = inputs["segments"].frame
    intensity, filled_km = fill_intensity(segments)
    known = (segments["evidence"] != "insufficient").to_numpy(bool)
    silent = not bool((intensity[known] > 0).any())
    intensity = np.ones(len(intensity)) if silent else intensity
    flows = inputs["flows"].frame if inputs["flows"] is not None else None
    people = count_people(flows, inputs["lines"], inputs["travel"][0], as_of=settings.as_of)
    draws = None if silent else _fill_draws(
        inputs["route_intensity"].draws, segments, intensity)
    services = choose_services(inputs["facilities"], settings)
    return Ground(segments, inputs["coverage"].frame, services, settings.corridors, intensity,
                  draws, filled_km, people, _find_standing(inputs, services, settings), silent,
                  share_services(settings.parameters, settings.config.siting.services))


def _find_standing(
    inputs: Inputs, services: pd.DataFrame, settings: Settings
) -> dict[str, np.ndarray]:
    """Segments at which a place that stands and is not known to be shut gives a service."""
    reference, network = settings.config.reference, inputs["travel"][0].network
    visitor = Visitor(find_group(reference.profile), reference.month)
    found = {}
    for name in settings.config.siting.services:
        ids = find_eligible(inputs["facilities"], name, visitor).every
        place, segment = find_segments(network, str(services.loc[name, "measure"]))
        known = np.isin(np.array(network.place_ids, dtype=str), ids)
        found[name] = np.unique(segment[known[place]])
    return found


def _fill_draws(
    draws: np.ndarray, segments: pd.DataFrame, intensity: np.ndarray
) -> np.ndarray:
    """Draws by row; what evidence does not support is held at what was filled in."""
    filled = np.asarray(draws, dtype=np.float64).T.copy()
    silent = (segments["evidence"] == "insufficient").to_numpy()
    filled[:, silent] = intensity[silent]
    return filled
