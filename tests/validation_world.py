"""An invented country of 20 x 20 cells, 10 km a side, with an invented record of eight years."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from georisk.validation.design import Design
from georisk.validation.domain import Domain
from georisk.validation.examining import examine_domain
from georisk.validation.record import Record
from georisk.validation.report import Subject, assemble_report
from georisk.validation.task import Task

SIDE, CELL_KM = 20, 10.0


def make_domain(name="study", side=SIDE):
    column, row = np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5)
    xy_km = np.column_stack([column.ravel(), row.ravel()]) * CELL_KM
    return Domain(name, "An invented country", CELL_KM, xy_km, xy_km[:, 0] / 100,
                  xy_km[:, 1] / 100, np.full(side * side, CELL_KM**2))


def make_record(per_year=60, *, first=2014, last=2021, seed=7):
    """Events around three places, one of which moves by a cell a year, and some anywhere."""
    rng = np.random.default_rng(seed)
    parts = []
    for year in range(first, last + 1):
        centre = np.array([[45.0, 45.0], [150.0, 60.0], [40.0 + 10 * (year - first), 150.0]])
        near = centre[rng.integers(0, 3, per_year)] + rng.normal(0, 6, (per_year, 2))
        anywhere = rng.uniform(0, SIDE * CELL_KM, (per_year, 2))
        xy = np.where(rng.random((per_year, 1)) < 0.85, near, anywhere)
        day = np.datetime64(f"{year}-01-01") + rng.integers(0, 365, per_year)
        parts.append((np.clip(xy, 0.1, SIDE * CELL_KM - 0.1), day,
                      rng.choice(["sec", "acc", "env", "wat", "unk"], per_year)))
    xy = np.concatenate([part[0] for part in parts])
    return Record(xy, np.full(len(xy), 1.0), np.concatenate([part[1] for part in parts]),
                  np.concatenate([part[2] for part in parts]).astype(object))


@dataclass(frozen=True)
class Kde:
    """A plain Gaussian kernel of one width, half-life in years, with an even floor."""

    name: str
    width_km: float = 10.0
    half_life_years: float = np.inf

    def forecast(self, domain, past, *, year):
        even = domain.area_km2 / domain.area_km2.sum()
        if len(past) == 0:
            return even
        order = np.lexsort((past.xy_km[:, 1], past.xy_km[:, 0], past.day))
        past = past.take(order)
        age = (np.datetime64(f"{year}-01-01") - past.day).astype(float) / 365.25
        weight = np.exp2(-age / self.half_life_years)
        near = cKDTree(domain.xy_km).sparse_distance_matrix(
            cKDTree(past.xy_km), 4 * self.width_km, output_type="coo_matrix")
        bump = np.exp(-0.5 * (near.data / self.width_km) ** 2) * weight[near.col]
        mass = np.bincount(near.row, weights=bump, minlength=len(domain)) + 1e-9
        total = len(past) / max(age.max(), 1.0)
        return total * (0.9 * mass / mass.sum() + 0.1 * even)


@dataclass(frozen=True)
class Classy(Kde):
    """A kernel that tells the classes apart, each from its own events."""

    def forecast_classes(self, domain, past, *, year):
        return {kind: self.forecast(domain, past.take(past.kind == kind), year=year)
                for kind in ("sec", "acc", "env", "wat")}


CONTENDERS = (Kde("plain-kde"), Kde("strong-kde", 10.0, 2.0), Classy("model", 8.0, 2.0))
DESIGN = Design(draws=200)
CRS = "+proj=laea +lat_0=0 +lon_0=0 +datum=WGS84"


def make_report(*, synthetic=False, record=None, contenders=CONTENDERS, priority="none"):
    record = make_record() if record is None else record
    task = Task(make_domain(), record, contenders, dt.date(2021, 12, 31), DESIGN, CRS,
                priority=priority)
    subject = Subject("An invented country", "2021-12-31", "0", "p", "i", synthetic,
                      {"accepted": len(record), "located": len(record)})
    return assemble_report(subject, [examine_domain(task)], design=DESIGN)
