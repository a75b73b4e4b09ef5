"""What the index looks at on the segments of a study, gathered from its layers and steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.covariates.climate import measure_months, measure_storms
from georisk.covariates.sites import Terms, place_sites
from georisk.covariates.steps import find_layers, read_rules
from georisk.incidents import CLASSES
from georisk.priority.coping import Reach, measure_reach
from georisk.priority.hazards import Conditions
from georisk.priority.index import Scene, measure_slowness
from georisk.services import tabulate_services
from georisk.travel import NOT_WALKED, TERRAIN_OF_MODE
from layers.errors import CallError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from georisk.network import Network
    from georisk.parameters import Parameters
    from georisk.step import Inputs, Settings

LAND_MODES = ("foot", "train", "road")
_BOAT = "boat"
_MONTHS = 12
_M_PER_KM = 1000.0
INSUFFICIENT = "insufficient"


@dataclass(frozen=True)
class Choice:
    """For whom the index is reckoned, beside the profile of the study.

    Attributes
    ----------
    mode : str or None
        One of `LAND_MODES` for all segments on land; None: each segment's own.
    month : int or None
        1 to 12; None: the mean over the year.

    Raises
    ------
    CallError
        If there is no such mode or month.
    """

    mode: str | None = None
    month: int | None = None

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode not in LAND_MODES:
            raise CallError(f"no mode {self.mode!r} for land; there are: {', '.join(LAND_MODES)}")
        if self.month is not None and not 1 <= self.month <= _MONTHS:
            raise CallError(f"month {self.month}: give 1 to 12")


@dataclass(frozen=True, eq=False)
class View:
    """Segments as the index sees them, sorted by id.

    Attributes
    ----------
    frame : DataFrame
        ``corridor``, ``leg_id``, ``length_km``, ``evidence`` and more; m rows.
    scene : Scene
    reach : Reach
    ratios : array of shape (m, B)
        Each redrawn intensity over the intensity, 1 where that is nought; B may be 0.
    """

    frame: pd.DataFrame
    scene: Scene
    reach: Reach
    ratios: NDArray[np.float32]


def gather_view(inputs: Inputs, settings: Settings, choice: Choice) -> View:
    """Put together what the index needs; what is absent is unknown, never nought.

    Parameters
    ----------
    inputs : mapping
        By the names in `georisk.priority.steps.NEEDS`; absent ones None.
    """
    estimate = inputs["route_intensity"]
    frame = pd.DataFrame(estimate.frame.drop(columns="geometry"))
    order = np.argsort(frame.index.to_numpy(dtype=str), kind="stable")
    frame = frame.iloc[order]
    mode = frame["mode"]
    if choice.mode is not None:
        mode = mode.where(mode == _BOAT, choice.mode)
    harm = estimate.harm[list(CLASSES)].to_numpy(float)[order]
    harm[(frame["evidence"] == INSUFFICIENT).to_numpy(bool)] = np.nan
    coverage = inputs["coverage"].frame
    services = tabulate_services(settings.parameters, set(coverage["service"]))
    reach = measure_reach(coverage, services, mode, direction=settings.config.headline_direction)
    ground = _measure_ground(inputs, settings, frame.index, choice.month)
    scene = Scene(harm, mode.to_numpy(dtype=object), ground, reach.covered)
    return View(frame, scene, reach, _divide_draws(frame, np.asarray(estimate.draws)[order]))


def _measure_ground(
    inputs: Inputs, settings: Settings, index: pd.Index, month: int | None
) -> Conditions:
    lines = inputs["lines"].reindex(index)
    months = list(range(1, _MONTHS + 1)) if month is None else [month]
    layers = find_layers(inputs, as_of=settings.as_of)
    sites = place_sites(lines["mid_lon"].to_numpy(float), lines["mid_lat"].to_numpy(float),
                        crs_metric=settings.config.crs_metric)
    temperature, _ = measure_months(sites, layers)
    blank = np.full(len(index), np.nan)
    rules = read_rules(settings)
    terms = [Terms(settings.config.crs_metric, month=one, rules=rules) for one in months]
    storms = [measure_storms(sites, layers, term) for term in terms]
    table = inputs["conditions"]
    known = table is not None and "aridity" in table.frame
    return Conditions(
        temperature_degc=temperature[:, [one - 1 for one in months]],
        aridity=table.frame["aridity"].reindex(index).to_numpy(float) if known else blank,
        slowness=measure_ways(inputs["network"], inputs["lines"].index, inputs["routes"].frame,
                              settings.parameters).reindex(index).to_numpy(float),
        storms_per_year=np.column_stack([blank if one is None else one for one in storms]),
    )


def measure_ways(
    network: Network, segments: pd.Index, routes: pd.DataFrame, parameters: Parameters
) -> pd.Series:
    """Walking time on each segment beside that on flat road, both ways, 1 or more.

    Slope and what lies underfoot count, as in the hours of coverage; a traveller's pace does not.
    NaN where nobody walks.

    Parameters
    ----------
    network : Network
        Built from the segments.
    segments : Index
        In the order in which the network was built.
    """
    slope = network.rise_m / np.maximum(network.length_km * _M_PER_KM, 1e-9)
    count = len(segments)
    slow_km = np.bincount(network.segment, network.length_km * measure_slowness(slope), count)
    length_km = np.bincount(network.segment, network.length_km, count)
    leg = np.zeros(count, np.int64)
    leg[network.segment] = network.leg
    ground = _weigh_ground(routes, parameters).reindex(list(network.leg_ids)).to_numpy(float)
    slowness = slow_km / np.maximum(length_km, 1e-12) * ground[leg]
    return pd.Series(slowness, index=segments)


def _weigh_ground(routes: pd.DataFrame, parameters: Parameters) -> pd.Series:
    """How much longer walking takes on the ground of each leg than on a road."""
    factors = {**parameters.section("terrain"), NOT_WALKED: np.nan}
    ground = routes["terrain"].fillna(routes["mode"].map(TERRAIN_OF_MODE))
    factor = ground.map(factors).astype(float)
    off = (routes["mode"] == "foot") & routes["off_road"].fillna(value=False).astype(bool)
    return factor.where(~off, factor / parameters.value("walk.off_path_factor"))


def _divide_draws(frame: pd.DataFrame, draws: NDArray[np.generic]) -> NDArray[np.float32]:
    """Each redrawn intensity over the one it stands beside."""
    point = frame["intensity_per_100km_year"].to_numpy(float)
    some = point > 0
    ratios = np.ones(draws.shape, np.float32)
    np.divide(draws, point[:, None], out=ratios, where=some[:, None], casting="unsafe")
    return ratios
