"""What the incident generator reads: legs with chainage, monthly climate, land and water."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from land import Land, read_land
from pyproj import Geod

if TYPE_CHECKING:
    from pathlib import Path

GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Leg:
    """A leg as vertices (lon, lat in degrees) with chainage in km."""

    leg_id: str
    mode: str
    lonlat: np.ndarray
    chainage_km: np.ndarray

    @property
    def length_km(self) -> float:
        """Geodesic length."""
        return float(self.chainage_km[-1])

    def locate(self, at_km: float) -> tuple[float, float]:
        """Position (lon, lat) at a chainage."""
        return (
            float(np.interp(at_km, self.chainage_km, self.lonlat[:, 0])),
            float(np.interp(at_km, self.chainage_km, self.lonlat[:, 1])),
        )


@dataclass(frozen=True)
class Climate:
    """Twelve monthly rasters of temperature (degC) and rain (mm per month) on one grid."""

    temperature: np.ndarray
    rain: np.ndarray
    transform: rasterio.Affine

    def read_months(self, lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
        """Twelve temperatures and twelve rains of the cell that holds a position."""
        column = (lon - self.transform.c) / self.transform.a
        row = (lat - self.transform.f) / self.transform.e
        cell = (slice(None), int(row), int(column))
        return self.temperature[cell], self.rain[cell]


@dataclass(frozen=True)
class World:
    """What the generator reads: legs in order of id, climate, land."""

    legs: tuple[Leg, ...]
    climate: Climate
    land: Land


def read_legs(path: Path) -> tuple[Leg, ...]:
    """Read the legs of ``routes.geojson``, sorted by id."""
    legs = []
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        lonlat = np.array(feature["geometry"]["coordinates"], dtype="float64")[:, :2]
        steps_m = GEOD.inv(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1])[2]
        chainage_km = np.concatenate([[0.0], np.cumsum(steps_m)]) / 1000
        properties = {"leg_id": feature.get("id")} | feature["properties"]
        legs.append(Leg(properties["leg_id"], properties["mode"], lonlat, chainage_km))
    return tuple(sorted(legs, key=lambda leg: leg.leg_id))


def read_world(layers: Path) -> World:
    """Read every input of the generator."""
    with rasterio.open(layers / "hazard_temperature.tif") as source:
        temperature, transform = source.read(), source.transform
    with rasterio.open(layers / "hazard_rain.tif") as source:
        rain = source.read()
    legs = read_legs(layers / "routes.geojson")
    return World(legs, Climate(temperature, rain, transform), read_land(layers))
