"""Layers small enough to measure by hand: all of it is invented."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

from georisk.covariates import measure_covariates, place_sites
from layers.catalog import find_spec
from layers.layer import Layer, Provenance, RasterLayer

CRS_METRIC = "+proj=laea +lat_0=14 +lon_0=-90 +datum=WGS84 +units=m"
NOWHERE = Provenance((), "", True, "public")  # noqa: FBT003 - synthetic


def make_vector(name, shapes, spec=None, **columns):
    """A vector layer with some of its columns."""
    spec = spec or find_spec(name)
    index = pd.Index([f"{name}-{n:04d}" for n in range(len(shapes))], name=spec.id)
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326", index=index)
    return Layer(spec, frame, NOWHERE)


def make_raster(name, values, *, step=0.1, west=-91.0, north=15.0, spec=None):
    """A raster layer of shape (bands, rows, columns), north-west corner given."""
    values = np.asarray(values, dtype=np.float32)
    transform = Affine(step, 0, west, 0, -step, north)
    return RasterLayer(spec or find_spec(name), values, transform, NOWHERE)


def make_further(name, kind, role):
    """Description of a layer that a study adds."""
    base = find_spec("rivers" if kind == "vector" else "hazard_relief")
    return base.model_copy(update={"name": name, "role": role, "unit": "", "bands": 1})


def make_places(spots, people):
    return make_vector("places", [shapely.Point(*spot) for spot in spots], population=people)


def make_countries(*boxes, codes=("GT", "MX", "HN")):
    codes = list(codes[: len(boxes)])
    return make_vector("boundaries", [shapely.box(*box) for box in boxes], level=0, country=codes)


def measure(lonlat, layers, **options):
    """Conditions at positions, (m, 2) in degrees."""
    lon, lat = np.array(lonlat, float).reshape(-1, 2).T
    sites = place_sites(lon, lat, crs_metric=CRS_METRIC)
    return measure_covariates(sites, layers, crs_metric=CRS_METRIC, **options)
