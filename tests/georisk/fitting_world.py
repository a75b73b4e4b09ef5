"""Invented ground for tests of the fitted model: grids, roads, conditions and incidents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from georisk.fitting.design import build_design
from georisk.fitting.grids import GridSupport
from georisk.fitting.lines import LineSupport
from georisk.fitting.rules import StackRules
from georisk.fitting.sources import Sources
from georisk.fitting.stack import Ground, fit_stack
from georisk.intensity import RouteSegments
from layers.crs import measure_cell_area_km2, project_xy_m

LAEA = "+proj=laea +lat_0=30 +lon_0=-111 +datum=WGS84 +units=m +no_defs"
RULES = StackRules(widths_km=(2.0, 8.0, 40.0), half_lives_years=(1.0, None), trees_from=10**9)


def make_grid(nx, ny, *, cell_km=10.0, corner=(0.0, 0.0), kept=None):
    """Square cells; `kept` marks those of the support."""
    column, row = (a.ravel() for a in np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij"))
    kept = np.ones(nx * ny, bool) if kept is None else kept
    column, row = column[kept], row[kept]
    edges = [c + cell_km * np.arange(n + 1) for c, n in zip(corner, (nx, ny), strict=True)]
    xy_km = np.column_stack([edges[0][column], edges[1][row]]) + cell_km / 2
    return GridSupport(*edges, column, row, xy_km, np.full(len(row), cell_km**2))


def make_degree_grid(nx, ny, *, step=1 / 12, corner=(-112.0, 30.0)):
    """Cells of equal degrees, of sizes that shrink to the north."""
    column, row = (a.ravel() for a in np.meshgrid(np.arange(nx), np.arange(ny), indexing="ij"))
    edges = [c + step * np.arange(n + 1) for c, n in zip(corner, (nx, ny), strict=True)]
    lon, lat = edges[0][column] + step / 2, edges[1][row] + step / 2
    return GridSupport(*edges, column, row, project_xy_m(lon, lat, crs_metric=LAEA) / 1000,
                       measure_cell_area_km2(lat, step_deg=step), LAEA)


def make_lines(count, *, seed=0, corner=(0.0, 0.0)):
    """Two roads that cross, in segments of uneven length; about five make a unit."""
    rng = np.random.default_rng(seed)
    half = count // 2
    place = np.concatenate([[0.0], np.cumsum(rng.uniform(0.5, 1.5, count))])
    across, along = place[: half + 1], place[half:] - place[half]
    middle = across[-1] / 2
    roads = [np.column_stack([across, 0.2 * across]),
             np.column_stack([np.full(len(along), middle), along - along[-1] / 3])]
    ends = np.concatenate([np.stack([road[:-1], road[1:]], axis=1) for road in roads])
    ends = ends + np.asarray(corner)
    segments = RouteSegments(
        np.array([f"{'a' if n < half else 'b'}-{n:04d}" for n in range(count)], object),
        ends.mean(axis=1), np.hypot(*(ends[:, 1] - ends[:, 0]).T),
        np.asarray(shapely.linestrings(ends)))
    pool = np.concatenate([np.arange(half) // 5, half // 5 + 1 + np.arange(count - half) // 5])
    return LineSupport(segments, np.unique(pool, return_inverse=True)[1])


def make_values(support, *, corner=(0.0, 0.0)):
    """Conditions that vary smoothly over the ground, from nowhere in particular."""
    x, y = (support.xy_km - np.asarray(corner)).T
    return pd.DataFrame({"coast": np.sin(x / 37) + y / 90, "relief": np.cos(y / 21) - x / 60,
                         "land_cover_7": 0.5 + 0.5 * np.sin((x + y) / 11)})


def lay_ground(support, values, *, region_km=400.0):
    design = build_design(values, xy_km=support.xy_km, size=support.size, region_km=region_km)
    return Ground(design, values)


def make_sources(support, xy_km, age_years, group, *, rules=RULES, sigma_km=None, window=8.0):
    sigma_km = np.full(len(xy_km), 0.5) if sigma_km is None else sigma_km
    return Sources(np.asarray(age_years, float), np.asarray(group, int),
                   support.prepare(xy_km, sigma_km, rules.widths_km), window)


def draw_sources(support, n, *, seed=0, rules=RULES, groups=3):
    """Incidents on a few hot spots and anywhere, of the last eight years."""
    rng = np.random.default_rng(seed)
    low, high = support.xy_km.min(axis=0), support.xy_km.max(axis=0)
    spots = rng.uniform(low, high, (4, 2))[rng.integers(0, 4, n)] + rng.normal(0, 3, (n, 2))
    anywhere = rng.uniform(low, high, (n, 2))
    xy_km = np.where(rng.random(n)[:, None] < 0.7, spots, anywhere)
    return make_sources(support, xy_km, rng.uniform(0, 8, n), rng.integers(0, groups, n),
                        rules=rules, sigma_km=rng.uniform(0, 4, n))


def fit(support, sources, *, values=None, rules=RULES):
    values = make_values(support) if values is None else values
    return fit_stack(support, lay_ground(support, values), sources, rules)


def with_trees(rules, n):
    return replace(rules, trees_from=n)
