"""Doors to test with: real descriptions, rows worked out by hand."""

from __future__ import annotations

import datetime as dt
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from api.app import create_app
from api.settings import Settings
from layers.catalog import find_spec
from layers.errors import CallError, NotShownError
from layers.layer import Layer, Provenance, index_frame
from layers.served import serve_layer

with warnings.catch_warnings():
    # Newer starlettes prefer a successor of httpx; either drives the application as well.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

TODAY = dt.date(2026, 1, 15)
SHOWN = {
    "restricted": ("activity", "corridors", "coverage", "places", "segments", "shelters"),
    "partner": ("corridors", "places", "shelters", "stretches"),
    "public": ("corridors", "places", "shelters"),
}
# Corridor "north": leg b as drawn (3 pieces), then leg a against its chainage (2 pieces).
CORRIDORS = {"north": (("b", 1), ("a", -1)), "short": (("a", 1),)}


@dataclass
class FakeDoor:
    """As much of a door as the API needs."""

    audience: str = "restricted"
    run_id: str = "20260101T000000Z-aaaaaaaa"
    today: dt.date = TODAY
    layers: dict = field(default_factory=dict)
    current: bool = True
    successor: FakeDoor | None = None
    synthetic: bool = True
    study_name: str = "A test study"
    version: str = "0.1.0"
    as_of: dt.date = dt.date(2025, 12, 31)
    created: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    crs_metric: str = "EPSG:6372"
    amends: str = ""
    caveat: str = ""

    def names(self):
        return tuple(name for name in sorted(self.layers) if name in SHOWN[self.audience])

    def layer(self, name):
        if name not in self.names():
            raise NotShownError(f"no layer named {name!r}")
        return self.layers[name]

    def spec(self, name):
        return self.layer(name).spec

    def served(self, name):
        return serve_layer(self.layer(name))

    def corridors(self):
        return CORRIDORS

    def list_places(self, query):
        if query.corridor not in CORRIDORS:
            raise CallError("no corridor by this name; there are: SECRET-CORRIDOR")
        return pd.DataFrame({
            "order": [1, 2], "place_id": ["mx-ex-1", "mx-ex-2"], "km": [0.5, 7.0],
            "walk_h": [0.2, np.nan], "services": [("water", "food"), ()],
            "check": ["call first", f"{query.service}|{query.today}"],
        })

    def list_nearest(self, query):
        if query.place not in {"Arriaga", "Ixtepec"}:
            raise CallError("no town by this name; there are: SECRET-TOWN")
        table = pd.DataFrame({"corridor": ["north"], "service": ["water"],
                              "place_id": ["mx-ex-1"], "km": [5.0], "walk_h": [1.0]})
        table.attrs["place"] = query.place
        return table

    def find_town(self, lon, lat):
        return "Arriaga" if lat < 16.4 else "Ixtepec"

    def knows_place(self, place_id):
        return place_id in {"mx-ex-1", "mx-ex-2", "mx-ex-hidden"}

    def quarantine(self, name):
        if self.audience != "restricted" or name != "incidents":
            raise NotShownError(name)
        return {"read": 3, "accepted": 2, "quarantined": 1}, [
            {"row": "2", "column": "date", "value": "x", "reason": "no date"}]

    def manifest(self):
        return {"run_id": self.run_id, "layers": list(self.names())}

    def is_there(self):
        return True

    def is_current(self):
        return self.current

    def reopen(self):
        return self.successor


def make_layer(name, frame):
    spec = find_spec(name)
    frame = index_frame(frame, spec)
    if spec.geometry != "none":
        frame = gpd.GeoDataFrame(frame, crs="EPSG:4326")
    return Layer(spec, frame, Provenance((name,), "0", synthetic=True, inputs_level="public"))


def make_segments():
    rows = [("a", 1, 1.0), ("a", 2, 1.0), ("b", 1, 2.0), ("b", 2, 2.0), ("b", 3, 2.0)]
    ids = [f"{leg}-{n:04d}" for leg, n, _ in rows]
    west = np.arange(len(rows), dtype=float) - 90
    lines = shapely.linestrings(
        np.stack([np.stack([west, west * 0 + 15], 1), np.stack([west + 1, west * 0 + 15], 1)], 1)
    )
    return pd.DataFrame({
        "segment_id": ids,
        "leg_id": [leg for leg, _, _ in rows],
        "mode": "foot",
        "near_place": ["Arriaga <b>&", None, "Ixtepec", "Ixtepec", "Ñuñoa"],
        "chainage_from_km": [0.0, 1.0, 0.0, 2.0, 4.0],
        "chainage_to_km": [1.0, 2.0, 2.0, 4.0, 6.0],
        "length_km": [km for _, _, km in rows],
        "intensity_per_100km_year": [1.0, 2.0, 3.0, 4.0, np.nan],
        "intensity_low": 0.5,
        "intensity_high": 5.0,
        "risk_score": [1.0, 2.0, 3.0, 4.0, np.nan],
        "risk_class": ["few_reported", "few_reported", "moderate", "moderate", "insufficient"],
        "evidence": ["observed", "observed", "modelled", "modelled", "insufficient"],
        "priority_score": 9.5,
        "synthetic": True,
        "geometry": lines,
    })


def make_coverage():
    rows = [
        ("a-0001", "forward", 1.0), ("a-0001", "backward", 2.0),
        ("a-0002", "forward", 3.0), ("a-0002", "backward", 4.0),
        ("b-0001", "forward", 5.0), ("b-0001", "backward", np.nan),
    ]
    return pd.DataFrame({
        "coverage_id": [f"{s}-water-{d}" for s, d, _ in rows],
        "segment_id": [s for s, _, _ in rows],
        "service": "water",
        "direction": [d for _, d, _ in rows],
        "nearest_id": "gt-ex-1",
        "walk_h": [h for _, _, h in rows],
        "covered": [h <= 4 for _, _, h in rows],
        "synthetic": True,
    })


def make_places(count):
    rng = np.random.default_rng(1)
    shapes = shapely.points(rng.uniform([-180, -60], [180, 60], (count, 2)))
    shapes[::50] = None
    return pd.DataFrame({
        "geonameid": [f"p-{n:06d}" for n in range(count)],
        "name": [f"Place {n}" for n in range(count)],
        "country": "MX",
        "geometry": shapes,
    })


def make_activity():
    return pd.DataFrame({
        "activity_row": ["x-1", "x-2", "x-3", "x-4"],
        "place_id": "gt-ex-1",
        "month": ["2024-01", "2024-02", "2024-03", None],
        "service": "water",
        "people": 10,
        "synthetic": True,
    })


def make_shelters():
    return pd.DataFrame({
        "place_id": ["mx-ex-1", "mx-ex-2"],
        "name": ["EXAMPLE - One", "EXAMPLE - Two"],
        "country": "MX",
        "services": [("water", "food"), ()],
        "admits": [(), ()],
        "synthetic": True,
        "geometry": shapely.points([[-95.0, 16.0], [-94.0, 17.0]]),
    })


def make_stretches():
    segments = make_segments()
    return segments.rename(columns={"segment_id": "stretch_id"}).assign(
        uncovered_services=[("water",), (), (), (), ()]
    )


def make_corridors():
    return pd.DataFrame({
        "corridor": ["north", "short"],
        "name_en": ["North", "Short"],
        "name_es": ["Norte", None],
        "leg_ids": [("a", "b"), ("a",)],
        "length_km": [10, 0],
        "synthetic": True,
    })


def make_door(audience="restricted", *, places=250, **options):
    frames = {
        "segments": make_segments(),
        "coverage": make_coverage(),
        "places": make_places(places),
        "activity": make_activity(),
        "shelters": make_shelters(),
        "stretches": make_stretches(),
        "corridors": make_corridors(),
    }
    layers = {name: make_layer(name, frame) for name, frame in frames.items()}
    return FakeDoor(audience, layers=layers, **options)


@contextmanager
def open_client(door, *, read_day=lambda: TODAY, open_door=None, **settings):
    app = create_app(
        Settings(runs=Path("nowhere"), audience=door.audience, **settings),
        open_door=(lambda _audience, day: open_door(day)) if open_door
        else (lambda _audience, _day: door),
        read_day=read_day,
    )
    with TestClient(app, base_url="http://localhost") as client:
        client.headers["Accept-Encoding"] = "identity"
        yield client
