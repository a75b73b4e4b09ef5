"""A straight route on which reports come evenly, in clusters, or more often on a part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely
from fitting_world import lay_ground, make_sources
from scipy import sparse

from georisk.chance import (
    compare_rates,
    control_discoveries,
    count_equivalents,
    measure_ratios,
)
from georisk.change_steps import judge_changes
from georisk.changes import ChangeRules, Reading, Window
from georisk.fitting.lines import LineSupport
from georisk.fitting.reach import measure_reach
from georisk.fitting.rules import StackRules
from georisk.fitting.stack import fit_stack
from georisk.intensity import RouteSegments

ROUTE_KM, YEARS, LATER_YEARS = 300, 10.0, 3.0
RISE = slice(100, 160)
STRETCH = np.arange(ROUTE_KM) // 10
FIT = StackRules(trees_from=10**9)
RULES = ChangeRules()


@dataclass(frozen=True)
class World:
    """Where and how long ago incidents were reported, n of them, all invented."""

    x_km: np.ndarray
    age_years: np.ndarray

    def add(self, other):
        """Both together."""
        return World(np.append(self.x_km, other.x_km),
                     np.append(self.age_years, other.age_years))


def lay_route():
    at = np.arange(ROUTE_KM) + 0.5
    cuts = [[(n, 0), (n + 1, 0)] for n in range(ROUTE_KM)]
    route = RouteSegments(np.array([f"a-{n:04d}" for n in range(ROUTE_KM)], object),
                          np.column_stack([at, np.zeros(ROUTE_KM)]), np.ones(ROUTE_KM),
                          np.asarray(shapely.linestrings(cuts)))
    return LineSupport(route, np.arange(ROUTE_KM) // 5)


LINE = lay_route()
_X_KM = LINE.xy_km[:, 0]
GROUND = lay_ground(LINE, pd.DataFrame({"coast": np.sin(_X_KM / 37), "relief": np.cos(_X_KM / 21)}))


def draw_even(random, count, *, clustered=False):
    """As many everywhere and always: alone, or in clusters of three at one place and time."""
    clusters = count // 3 if clustered else count
    x_km, age = random.uniform(0, ROUTE_KM, clusters), random.uniform(0, YEARS, clusters)
    size = random.integers(1, 6, clusters) if clustered else np.ones(clusters, int)
    return World(np.repeat(x_km, size), np.repeat(age, size))


def draw_rise(random, count, *, times=4.0, clustered=False):
    """The same, and from the earlier day on so many times as many on 60 km of it."""
    even = draw_even(random, count, clustered=clustered)
    more = round(count * (times - 1) * (RISE.stop - RISE.start) / ROUTE_KM * LATER_YEARS / YEARS)
    added = draw_even(random, more, clustered=clustered)
    return even.add(World(RISE.start + added.x_km / ROUTE_KM * (RISE.stop - RISE.start),
                          added.age_years * LATER_YEARS / YEARS))


def fit_day(world, age_years):
    """Stack and sources as they were so many years ago."""
    known = world.age_years >= age_years
    x_km = world.x_km[known]
    sources = make_sources(
        LINE, np.column_stack([x_km, np.ones(len(x_km))]), world.age_years[known] - age_years,
        np.zeros(len(x_km), int), rules=FIT, window=YEARS - age_years)
    return fit_stack(LINE, GROUND, sources, FIT), sources


def read_world(world, stack, sources):
    """The world as a comparison reads it, and its window."""
    reach = measure_reach(stack, sources)
    xy_km = sources.prepared.xy_km[reach.rows]
    reading = Reading(reach.matrix, xy_km, world.age_years,
                      2024 - np.floor(world.age_years).astype(int))
    return reading, Window(YEARS - LATER_YEARS, LATER_YEARS, reach.memory)


def judge_world(world, rules=RULES):
    """Both days fitted, and every segment judged as `georisk change` does."""
    stack, sources = fit_day(world, 0.0)
    earlier, known = fit_day(world, LATER_YEARS)
    reading, window = read_world(world, stack, sources)
    groups = group_tens()
    p = compare_rates(count_equivalents(reading, groups, window, rules), window, rules)
    ratio, low, high = measure_ratios(
        count_equivalents(reading, None, window, rules), window, rules)
    frame = pd.DataFrame({
        "stretch_p": p[STRETCH], "stretch_q": control_discoveries(p)[STRETCH], "ratio": ratio,
        "ratio_low": low, "ratio_high": high, "evidence": "observed",
        "intensity_then": 100 * earlier.estimate(known),
        "intensity_now": 100 * stack.estimate(sources)})
    return frame.assign(change=judge_changes(frame, rules))


def group_tens():
    return sparse.csr_array((np.full(ROUTE_KM, 0.1), (STRETCH, np.arange(ROUTE_KM))))


def reorder(world, order):
    return replace(world, x_km=world.x_km[order], age_years=world.age_years[order])
