"""Steps from incidents and ground to fitted intensity: on segments, and on the surface."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.bootstrap import Resampling
from georisk.corridors import find_owners
from georisk.covariates.steps import NEEDS, find_layers, read_rules
from georisk.fitting.classes import group_classes
from georisk.fitting.detection import count_source_years, equalise_detection, tell_detection
from georisk.fitting.grounds import measure_ground, measure_route_km, tell_modes
from georisk.fitting.lines import LineSupport
from georisk.fitting.rates import choose_counted, find_counted, fit_rates
from georisk.fitting.reach import measure_reach
from georisk.fitting.routes import Marks, RouteFit, list_shares, tell_routes
from georisk.fitting.rules import StackRules, read_stack_rules
from georisk.fitting.sources import Sources
from georisk.fitting.stack import Ground, Stack, fit_stack
from georisk.fitting.surfaces import cover_grid, fill_grid
from georisk.flows import measure_flows, tell_flows
from georisk.incidents import find_window_start, measure_window_years, split_sources
from georisk.intensity import RouteSegments, place_segments
from georisk.priority.harm import read_harm_weights, weigh_harm
from georisk.priority.steps import join_priority
from georisk.risk import INSUFFICIENT, EvidenceRules, assemble_segments, grade_evidence
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.surface import PER_KM2, build_grid, find_land, mask_domain, place_domain

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.fitting.grids import GridSupport
    from georisk.fitting.supports import Support
    from georisk.kernels.lixels import LixelNetwork
    from georisk.risk_steps import Events

UNIT_KM = 5.0
LIXEL_KM = 1.0
_NO_TREES = 10**9


@dataclass(frozen=True, eq=False)
class RouteIntensity:
    """Intensity on every segment, its draws, and its classes weighed by harm.

    Attributes
    ----------
    frame : GeoDataFrame
        The segments, m rows.
    draws : array of shape (m, B)
        Redrawn intensities, incidents per 100 km and year.
    harm : DataFrame
        Columns ``sec acc env wat``: harm-weighted intensity per 100 km and year.
    shares : DataFrame
        Parts of the fitted mixture and the share of each.
    """

    frame: gpd.GeoDataFrame
    draws: np.ndarray
    harm: pd.DataFrame
    shares: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _LineFit:
    """What the segments of all legs were fitted with, and what it came to."""

    support: LineSupport
    ground: Ground
    sources: Sources
    stack: Stack
    rules: StackRules
    notes: tuple[str, ...]


def _fit_lines(inputs: Inputs, settings: Settings) -> _LineFit:
    lines, events = inputs["lines"], inputs["events"]
    segments = place_segments(lines, crs_metric=settings.config.crs_metric)
    support = LineSupport(segments, number_units(lines), settings.value("intensity.snap_km"),
                          _lay_network(lines, settings))
    ground, notes = _measure_lines(lines, segments, inputs, settings)
    rules = replace(choose_rules(events, settings), trees_from=_NO_TREES)
    sources = place_sources(events, support, settings, rules)
    stack = fit_stack(support, ground, sources, rules)
    return _LineFit(support, ground, sources, stack, rules, notes)


def _fit_routes(inputs: Inputs, settings: Settings) -> Outcome:
    lines, events, fitted = inputs["lines"], inputs["events"], _fit_lines(inputs, settings)
    stack, rules, sources = fitted.stack, fitted.rules, fitted.sources
    marks = Marks(events.points, events.frame["class"].to_numpy(object),
                  weigh_harm(events.frame, read_harm_weights(settings.parameters)))
    fit = tell_routes(stack, sources, marks, rules, resampling=_choose_resampling(settings))
    frame = _assemble(lines, fitted.support.segments, events, fit, settings)
    frame, scenario = _equalise_detection(frame, fitted, settings)
    frame, counts = _add_rates(frame, lines, fitted, inputs, settings)
    far = int((sources.unit < 0).sum())
    notes = (*fitted.notes, *scenario, *counts)
    notes += (f"incidents: {far} lie too far from every leg to be put on one",) if far else ()
    made = RouteIntensity(frame, fit.interval.draws, fit.harm.set_axis(frame.index),
                          list_shares(stack, rules))
    return Outcome(made, notes)


def _reach_routes(inputs: Inputs, settings: Settings) -> Outcome:
    """Fitted once more: kept from the fit of every run, it would fill memory for nothing."""
    fitted = _fit_lines(inputs, settings)
    return Outcome(measure_reach(fitted.stack, fitted.sources), fitted.notes)


def number_units(lines: gpd.GeoDataFrame) -> NDArray[np.intp]:
    """Number the pieces of about 5 km that segments are fitted in, leg by leg.

    Examples
    --------
    >>> import pandas as pd
    >>> legs = pd.DataFrame({"leg_id": "a", "chainage_to_km": np.arange(1.0, 11),
    ...                      "chainage_from_km": np.arange(10.0)})
    >>> number_units(legs).tolist()
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    """
    total = lines.groupby("leg_id")["chainage_to_km"].transform("max")
    count = np.maximum(1, np.round(total / UNIT_KM))
    middle = (lines["chainage_from_km"] + lines["chainage_to_km"]) / 2
    number = np.minimum(np.floor(middle / total * count), count - 1).astype(int)
    return np.asarray(pd.MultiIndex.from_arrays([lines["leg_id"], number]).factorize()[0], np.intp)


def _lay_network(lines: gpd.GeoDataFrame, settings: Settings) -> LixelNetwork | None:
    if settings.config.risk.kernel == "plane":
        return None
    from georisk.kernels.lixels import build_lixels

    ends = [lines[[f"{end}_lon", f"{end}_lat"]].to_numpy(float) for end in ("start", "end")]
    return build_lixels(ends[0], ends[1], lines["length_km"].to_numpy(float), lixel_km=LIXEL_KM)


def _measure_lines(
    lines: gpd.GeoDataFrame, segments: RouteSegments, inputs: Inputs, settings: Settings
) -> tuple[Ground, tuple[str, ...]]:
    return measure_ground(
        segments.mid_km, lines["mid_lon"].to_numpy(float), lines["mid_lat"].to_numpy(float),
        segments.length_km, find_layers(inputs, as_of=settings.as_of),
        crs_metric=settings.config.crs_metric, rules=read_rules(settings),
        region_km=settings.value("intensity.region_km"), extra=tell_modes(lines["mode"]),
    )


def choose_rules(events: Events, settings: Settings) -> StackRules:
    """Rules of a fit; the rate ages as the incidents' own weights do."""
    rules = read_stack_rules(settings.parameters)
    return replace(rules, rate_half_life_years=events.half_life_years)


def place_sources(
    events: Events, support: Support, settings: Settings, rules: StackRules
) -> Sources:
    """Incidents as a fit sees them."""
    points = events.points
    window = 1.0
    if len(points):
        start = find_window_start(events.frame, observed_from=settings.config.observed_from)
        window = measure_window_years(start, settings.as_of, None)
    return Sources(
        age_years=points.age_years,
        group=group_classes(events.frame["class"].to_numpy(object)),
        prepared=support.prepare(points.xy_km, points.sigma_km, rules.widths_km),
        window_years=window,
    )


def _assemble(
    lines: gpd.GeoDataFrame, segments: RouteSegments, events: Events, fit: RouteFit,
    settings: Settings,
) -> gpd.GeoDataFrame:
    evidence = grade_evidence(segments.mid_km, events.points,
                              split_sources(events.frame["source"]), rules=EvidenceRules())
    if not fit.intensity.any():  # reports there may be, but none of them on any leg
        evidence[:] = INSUFFICIENT
    frame = assemble_segments(lines, fit, evidence=evidence, synthetic=False)
    owners = find_owners(settings.corridors)
    watched = count_source_years(segments.mid_km, events.points,
                                 split_sources(events.frame["source"]))
    return frame.assign(
        source_years_50km=watched,
        corridor=pd.Series(frame["leg_id"].map(owners), index=frame.index).astype("str"),
        country=lines["country"], near_place=lines["near_place"],
    )


def _equalise_detection(
    frame: gpd.GeoDataFrame, fitted: _LineFit, settings: Settings
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Add the scenario in which every segment is watched like the best of its corridor."""
    times = equalise_detection(
        fitted.stack, fitted.ground, frame["corridor"], xy_km=fitted.support.xy_km,
        region_km=settings.value("intensity.region_km"),
        quantile=settings.value("intensity.detection_quantile"))
    if times is not None:
        equal = times * frame["intensity_per_100km_year"].to_numpy(float)
        frame = frame.assign(intensity_equal_detection=_blank(frame, equal))
    return frame, tell_detection(times)


def _add_rates(
    frame: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, fitted: _LineFit, inputs: Inputs,
    settings: Settings,
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Add incidents per person-km where people are counted; without flows no word of it."""
    if inputs["flows"] is None:
        return frame, ()
    people = measure_flows(inputs["flows"].frame, frame["leg_id"], as_of=settings.as_of)
    kept = find_counted(people)
    counted = choose_counted(fitted.support, people,
                             network=_lay_network(lines[kept], settings) if kept.any() else None)
    rate = fit_rates(counted, fitted.ground, fitted.sources, inputs["events"].points,
                     fitted.rules, least=int(settings.value("intensity.rate_incidents")))
    frame = frame.assign(incidents_per_100k_person_km=_blank(frame, rate))
    return frame, tell_flows(people, fitted.support.size, rate)


def _blank(frame: gpd.GeoDataFrame, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nothing is said where evidence is insufficient."""
    return np.where(frame["evidence"] == INSUFFICIENT, np.nan, values)


def _choose_resampling(settings: Settings) -> Resampling:
    return Resampling(draws=int(settings.value("intensity.draws")),
                      seed=int(settings.value("intensity.seed")),
                      block_km=settings.value("intensity.block_km"))


def _publish_segments(inputs: Inputs, settings: Settings) -> Outcome:
    del settings
    frame = join_priority(inputs["route_intensity"].frame, inputs["priority"].frame)
    unclear = float(frame.loc[frame["evidence"] == "insufficient", "length_km"].sum())
    note = f"segments: {unclear:,.0f} km have insufficient evidence: no score, no statement"
    return Outcome(frame, (note,) if unclear else ())


def _draw_surface(inputs: Inputs, settings: Settings) -> Outcome:
    events = inputs["events"]
    grid = build_grid(settings.config.area)
    if not len(events.frame):
        empty = np.full((1, grid.height, grid.width), np.nan, dtype=np.float32)
        return Outcome((empty, grid.transform), ("risk_surface: no located incident; empty",))
    mask = mask_domain(grid, find_land(inputs["boundaries"], settings.config.area),
                       coast_km=settings.value("surface.coast_km"))
    domain = place_domain(grid, mask, crs_metric=settings.config.crs_metric)
    support = cover_grid(domain, crs_metric=settings.config.crs_metric)
    ground, notes = _measure_cells(support, inputs, settings)
    rules = choose_rules(events, settings)
    if settings.config.risk.surface == "explained":
        rules = replace(rules, trees_from=_NO_TREES)
    sources = place_sources(events, support, settings, rules)
    density = fit_stack(support, ground, sources, rules).estimate(sources)
    moved = int((~_lie_inside(support, events)).sum())
    if moved:
        notes += (f"risk_surface: {moved} incidents off the domain count in its nearest cell",)
    return Outcome((fill_grid(domain, PER_KM2 * density)[None], grid.transform), notes)


def _measure_cells(
    support: GridSupport, inputs: Inputs, settings: Settings
) -> tuple[Ground, tuple[str, ...]]:
    lonlat, _ = support.place(support.xy_km)
    layers = find_layers(inputs, as_of=settings.as_of)
    routes = measure_route_km(support.xy_km, layers, crs_metric=settings.config.crs_metric)
    return measure_ground(
        support.xy_km, lonlat[:, 0], lonlat[:, 1], support.size, layers,
        crs_metric=settings.config.crs_metric, rules=read_rules(settings),
        region_km=settings.value("intensity.region_km"), extra=routes,
    )


def _lie_inside(support: GridSupport, events: Events) -> NDArray[np.bool_]:
    return support.contain(events.points.xy_km)


FIT_STEPS: tuple[Step, ...] = (
    Step("route_intensity", ("lines", "events", "flows", *NEEDS), _fit_routes, version=2,
         publishes=False),
    Step("route_reach", ("lines", "events", *NEEDS), _reach_routes, publishes=False),
    Step("segments", ("route_intensity", "priority"), _publish_segments),
    Step("risk_surface", ("events", *NEEDS), _draw_surface, version=2),
)
