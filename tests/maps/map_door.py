"""A door without a snapshot: small frames with everything a map has to survive."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from affine import Affine

from layers.errors import NotShownError

HOSTILE = "<img src=x onerror=alert(1)>"
CLOSING = "</script><script>alert(2)</script>"
TEMPLATE = "{{ 7 * 7 }}{% for x in y %}"
CLASSES = ("insufficient", "few_reported", "moderate", "high", "very_high", "extreme")


class FakeDoor:
    """What maps ask of a door."""

    version, study_name, headline_direction = "0.1.0", "test study", "forward"
    parameters_sha256, changes = "0" * 64, ()
    run_id, as_of, today = "20250101T000000Z-0a1b2c3d", dt.date(2024, 12, 31), dt.date(2025, 1, 1)

    def __init__(self, audience, frames, rasters=None, *, synthetic=True):
        self.audience, self.synthetic = audience, synthetic
        self.frames, self.rasters = frames, rasters or {}

    def names(self):
        return tuple(sorted([*self.frames, *self.rasters]))

    def layer(self, name):
        if name not in self.frames:
            raise NotShownError(name)
        return SimpleNamespace(frame=self.frames[name])

    def manifest(self):
        return {"run_id": self.run_id}

    def raster(self, name):
        return self.rasters[name]


def index(frame, name):
    return frame.set_index(name).sort_index()


def make_segments(count=300, legs=3):
    """Legs side by side, running north; classes in runs, every sixth run insufficient."""
    per_leg = count // legs
    leg = np.repeat(np.arange(legs), per_leg)
    n = np.tile(np.arange(per_leg), legs)
    lon = -98.0 + 2.0 * leg
    code = (n // 7 + leg) % 6
    classes = np.array(CLASSES)[code]
    known = code > 0
    score = np.where(known, 2.0 * code - 1.0, np.nan)
    rate = 10 ** (score * 0.3 - 2)
    lines = [
        shapely.LineString([(x, 15 + 0.009 * a), (x, 15 + 0.009 * (a + 1))])
        for x, a in zip(lon, n, strict=True)
    ]
    ids = [f"leg-{a}-{b + 1:04d}" for a, b in zip(leg, n, strict=True)]
    return index(gpd.GeoDataFrame({
        "segment_id": ids, "leg_id": [f"leg-{a}" for a in leg], "mode": "foot",
        "corridor": "main", "country": "MX", "near_place": HOSTILE,
        "chainage_from_km": 1.0 * n, "chainage_to_km": 1.0 * n + 1, "length_km": 1.0,
        "intensity_per_100km_year": rate, "intensity_low": rate / 2, "intensity_high": rate * 2,
        "risk_score": score, "risk_class": classes,
        "evidence": np.where(known, "observed", "insufficient"), "synthetic": True,
    }, geometry=lines, crs=4326), "segment_id")  # fmt: skip


def make_legs(legs=3, *, public=False):
    rows = gpd.GeoDataFrame({
        "leg_id": [f"leg-{a}" for a in range(legs)], "route_id": "r", "leg_no": range(legs),
        "mode": ["foot", "train", "boat"][:legs], "from_place": ["Abajo", CLOSING, "Sur"][:legs],
        "to_place": ["Arriba", HOSTILE, "Norte"][:legs], "accuracy_km": 5.0, "status": "open",
        "status_as_of": np.array("2024-05-01", dtype="datetime64[s]"), "synthetic": True,
    }, geometry=[shapely.LineString([(-98 + 2 * a, 15), (-98 + 2 * a, 15.9)])
                 for a in range(legs)], crs=4326)  # fmt: skip
    if public:
        rows["band"] = rows["mode"] == "foot"
        rows.loc[rows["band"], "geometry"] = rows.geometry[rows["band"]].apply(
            lambda line: line.buffer(0.2, quad_segs=2)
        )
    return index(rows, "leg_id")


def make_towns():
    return index(gpd.GeoDataFrame({
        "waypoint_id": ["mx-a", "mx-b"], "name": ["Abajo", TEMPLATE], "kind": "town",
        "country": "MX", "synthetic": False,
    }, geometry=gpd.points_from_xy([-98, -98], [15, 15.9]), crs=4326), "waypoint_id")  # fmt: skip


def make_boundaries():
    return index(gpd.GeoDataFrame({
        "boundary_id": ["mx", "mx-1"], "level": [0, 1], "country": "MX", "name": HOSTILE,
    }, geometry=[shapely.box(-100, 14, -92, 17), shapely.box(-100, 14, -96, 17)], crs=4326),
        "boundary_id")  # fmt: skip


def make_places(*, verify_by="2025-02-01"):
    return index(gpd.GeoDataFrame({
        "place_id": ["mx-ex-1", "mx-ex-2"], "name": [f"EXAMPLE - {HOSTILE}", CLOSING + TEMPLATE],
        "country": "MX", "town": "mx-a", "services": [("shelter", "water"), ()],
        "opens": [None, "Mo-Su"], "months": None, "admits": [("men:yes",), ()], "phone": None,
        "last_verified": pd.to_datetime(["2024-12-01", None]).astype("datetime64[s]"),
        "verify_by": pd.to_datetime([verify_by, None]).astype("datetime64[s]"),
        "coord_precision_km": 3.0, "synthetic": True,
    }, geometry=gpd.points_from_xy([-98, -96], [15.2, 15.3]), crs=4326), "place_id")  # fmt: skip


def make_gaps(segments):
    rows = []
    for service in ("water", "phone"):
        for direction in ("forward", "backward"):
            line = shapely.line_merge(shapely.multilinestrings(list(segments.geometry[:40])))
            rows.append({
                "gap_id": f"main-{service}-{direction}", "corridor": "main", "service": service,
                "direction": direction, "from_place": HOSTILE, "to_place": CLOSING,
                "leg_ids": ("leg-0",), "length_km": 40.0, "walk_h": 14.0, "next_h": None,
                "severity": "unsafe", "synthetic": True, "geometry": line,
            })  # fmt: skip
    return index(gpd.GeoDataFrame(rows, crs=4326), "gap_id")


def make_public_gaps():
    return pd.DataFrame({
        "gap_id": ["g1", "g2"], "corridor": "main", "service": ["water", "phone"],
        "direction": "forward", "from_place": ["Abajo", HOSTILE], "to_place": ["Arriba", CLOSING],
        "walk_h": pd.array([14, None], dtype="Int64"),
        "walk_days": pd.array([2, None], dtype="Int64"), "synthetic": True,
    }).set_index("gap_id")  # fmt: skip


def make_sites(ids, ranks):
    return index(gpd.GeoDataFrame({
        "candidate_id": ids, "rank": pd.array(ranks, dtype="Int64"), "place": HOSTILE,
        "country": "MX", "services": [("water",)] * len(ids), "benefit_share": 0.1,
        "cumulative_share": 0.2, "selection_frequency": None, "bound_gap": 0.0, "reason": TEMPLATE,
        "synthetic": True,
    }, geometry=gpd.points_from_xy([-98.0] * len(ids), [15.5] * len(ids)), crs=4326),
        "candidate_id")  # fmt: skip


def make_cells():
    boxes = [shapely.box(-98 + k, 15, -97 + k, 16) for k in range(4)]
    return index(gpd.GeoDataFrame({
        "cell": list("abcd"), "risk_class": ["insufficient", "insufficient", "high", "extreme"],
        "evidence": ["insufficient", "insufficient", "observed", "modelled"], "synthetic": True,
    }, geometry=boxes, crs=4326), "cell")  # fmt: skip


def make_corridors():
    return pd.DataFrame({
        "corridor": ["main"], "name_en": ["Main way"], "name_es": [f"Vía {HOSTILE}"],
        "name_fr": ["Voie"], "name_ht": [None], "leg_ids": [("leg-0", "-leg-1")],
    }).set_index("corridor")  # fmt: skip


def make_raster(months, value):
    """Twelve bands over the study; ``value`` in some months (1-12), zero in the others."""
    values = np.zeros((12, 4, 10), dtype=np.float32)
    values[[month - 1 for month in months]] = value
    return SimpleNamespace(values=values, transform=Affine(1, 0, -100, 0, -1, 18))


def make_restricted(count=300, **options):
    segments = make_segments(count)
    return FakeDoor("restricted", {
        "segments": segments, "routes": make_legs(), "waypoints": make_towns(),
        "boundaries": make_boundaries(), "gaps": make_gaps(segments), "shelters": make_places(),
        "assistance_points": make_places(), "health_facilities": make_places(),
        "corridors": make_corridors(), "proposed_sites": make_sites(["s1", "s2"], [1, 2]),
        "proposed_sites_km": make_sites(["s2", "s3"], [1, 2]),
    }, **options)  # fmt: skip


def make_public(**options):
    rasters = {
        "hazard_temperature": make_raster((4, 5, 6, 12, 1), 28.0),
        "hazard_rain": make_raster((9,), 200.0),
    }
    return FakeDoor("public", {
        "routes": make_legs(public=True), "waypoints": make_towns(), "risk_cells": make_cells(),
        "boundaries": make_boundaries(), "gaps": make_public_gaps(), "shelters": make_places(),
        "corridors": make_corridors(),
    }, rasters, **options)  # fmt: skip
