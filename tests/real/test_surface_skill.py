"""The published risk surface against kernels, on IOM Missing Migrants 2014-2021, read in place."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass

import numpy as np
import pytest
from surroundings import EMBEDDED, require_shared

from georisk.fitting.bandwidths import (
    PLAIN,
    STRONG_TWO_YEARS,
    Scatter,
    estimate_density,
    measure_masses,
    tune_kernel,
)
from georisk.fitting.surfaces import cover_grid
from georisk.study import Study
from georisk.surface import build_grid, place_domain
from georisk.validation.comparing import compare_events
from georisk.validation.scores import measure_bits

YEARS = range(2018, 2022)
SEED = 20260704
PEERS = {"plain": PLAIN, "strong": STRONG_TWO_YEARS}


@dataclass(frozen=True, eq=False)
class Scored:
    """Bits of every event after the day of a surface, under the surface and the kernels."""

    bits: dict[str, np.ndarray]
    year: np.ndarray
    dropped: np.ndarray

    def compare(self, peer, *, year=None):
        """Paired difference to a kernel, over one year's events or over all that came later."""
        at = np.isin(self.year, self.year if year is None else [year])
        return compare_events(self.bits["surface"][at], self.bits[peer][at], self.year[at],
                              seed=SEED)


def open_study(folder):
    """The embedded layers, with the real register in place of the incidents."""
    files = sorted(require_shared("iom_missing_migrants").glob("*-json.json"))
    given = tomllib.loads((EMBEDDED / "study.toml").read_text(encoding="utf-8"))
    layers = [f'{name} = {{ path = "{EMBEDDED / entry["path"]}" }}'
              for name, entry in given["layers"].items() if name != "incidents"]
    paths = ", ".join(f'"{path}"' for path in files)
    (folder / "study.toml").write_text("\n".join([
        'name = "IOM Missing Migrants"', "as_of = 2021-12-31", "observed_from = 2014-01-01",
        f"area = {given['area']}", f'crs_metric = "{given["crs_metric"]}"', "[layers]", *layers,
        f'incidents = {{ path = [{paths}], adapter = "iom" }}']) + "\n", encoding="utf-8")
    return Study.open(folder, today=dt.date(2026, 11, 22))


def go_back(study, day):
    """The study as of a day; its files, which no day changes, are read once for all."""
    then = study.with_changes(as_of=day)
    for name in study.config.layers:
        then._store[name] = study.made(name)
    return then


def cover_surface(raster, config):
    """Cells of a published surface, and its values there as masses that sum to 1."""
    grid = build_grid(config.area)
    values = np.asarray(raster.values).reshape(grid.height, grid.width).astype(float)
    domain = place_domain(grid, np.isfinite(values), crs_metric=config.crs_metric)
    mass = values[domain.mask] * domain.area_km2
    return cover_grid(domain, crs_metric=config.crs_metric), mass / mass.sum()


def draw_peers(support, points, masses):
    """Masses of both kernels on the same cells, tuned on what the surface was made of."""
    scatter = Scatter(support, points.xy_km, points.sigma_km, points.age_years,
                      support.find_nearest(points.xy_km), masses)
    return {name: estimate_density(scatter, tune_kernel(scatter, search)) * support.size
            for name, search in PEERS.items()}


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Surfaces of the last day before each test year, scored on all that came later."""
    study = open_study(tmp_path_factory.mktemp("surface"))
    everything = study.value("events")
    masses = None
    found = {}
    for year in YEARS:
        then = go_back(study, dt.date(year - 1, 12, 31))
        support, surface = cover_surface(then.raster("risk_surface"), then.config)
        past = then.value("events")
        assert (past.frame["date"].dt.year < year).all()
        if masses is None:
            masses = measure_masses(support, everything.points.xy_km)
        used = everything.frame.index.get_indexer(past.frame.index)
        mass = {"surface": surface, **draw_peers(support, past.points, masses[used])}
        found[year] = score_later(everything, support, mass, year=year)
    return found


def score_later(everything, support, mass, *, year):
    """Score what happened from a year on; what lies in no cell counts for nobody."""
    dated = everything.frame["date"].dt.year.to_numpy()
    inside = support.contain(everything.points.xy_km)
    later = inside & (dated >= year)
    cells = support.find_nearest(everything.points.xy_km[later])
    return Scored({name: measure_bits(one, support.size, cells) for name, one in mass.items()},
                  dated[later], dated[~inside & (dated >= year)])


def pool_years(scored, peer):
    """Every test year under the surface made just before it, all years together."""
    rows = {year: one.year == year for year, one in scored.items()}
    ours, theirs = (np.concatenate([one.bits[name][rows[year]] for year, one in scored.items()])
                    for name in ("surface", peer))
    return compare_events(ours, theirs, np.repeat(list(rows), [r.sum() for r in rows.values()]),
                          seed=SEED)


def test_surface_is_scored_on_nearly_every_event(scored, capsys):
    with capsys.disabled():
        print_table(scored)
    first = scored[YEARS[0]]
    assert len(first.year) > 1800
    assert len(first.dropped) < 0.01 * len(first.year)


def print_table(scored):
    """Bits over uniform of all, and what the surface has more than either kernel."""
    print(f"\n{'year':>6}{'events':>8}{'dropped':>8}{'surface':>9}{'plain':>7}{'strong':>8}"
          f"{'-plain':>8}{'-strong':>9}")
    for year, one in scored.items():
        at = one.year == year
        means = [one.bits[name][at].mean() for name in ("surface", *PEERS)]
        print(f"{year:>6}{at.sum():>8}{(one.dropped == year).sum():>8}"
              f"{means[0]:>9.3f}{means[1]:>7.3f}{means[2]:>8.3f}"
              f"{means[0] - means[1]:>+8.3f}{means[0] - means[2]:>+9.3f}")
    for title, compare in (("each year", lambda peer: pool_years(scored, peer)),
                           ("2017 on", scored[YEARS[0]].compare)):
        for peer in PEERS:
            one = compare(peer)
            print(f"{title}: surface - {peer} {one.value:+.3f} "
                  f"[{one.low:+.3f}, {one.high:+.3f}], {one.events} events")


def test_surface_beats_a_plain_kernel_by_its_bar(scored):
    assert pool_years(scored, "plain").value >= 0.4
    assert scored[YEARS[0]].compare("plain").value >= 0.4


def test_surface_surely_beats_a_strong_kernel(scored):
    pooled, later = pool_years(scored, "strong"), scored[YEARS[0]].compare("strong")
    assert pooled.low > 0
    assert pooled.value > 0.2
    assert later.low > 0


def test_surface_beats_both_kernels_in_every_year(scored):
    for year, one in scored.items():
        for peer in PEERS:
            assert one.compare(peer, year=year).value > 0


def test_kernels_are_worth_beating(scored):
    """METHOD 7: three to four bits on the border, four to six farther south."""
    for year, one in scored.items():
        at = one.year == year
        assert one.bits["plain"][at].mean() > 4.5
        assert one.bits["strong"][at].mean() > 4.5
