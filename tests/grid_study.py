"""A 5 x 5 street grid whose numbers can be worked out by hand.

25 crossings, rows 0 to 4 northwards from 14 N, columns 0 to 4 eastwards from 90 W, 5 km apart; 40
legs between neighbours, cut into 1 km segments: ``e{row}{column}`` runs one block east,
``n{row}{column}`` one block north. Everything is flat road, so walking goes at
6 exp(-0.175) = 5.0367 km/h and off the path at 0.6 of that. All of it is invented.
"""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from georisk.access import attach_places
from georisk.network import build_network
from georisk.travel import Pace, Travel, prepare_travel

if TYPE_CHECKING:
    from pathlib import Path

SIZE, BLOCK_KM = 5, 5
WEST, SOUTH = -90.0, 14.0
STEP_LON, STEP_LAT = 0.0463, 0.0452  # 5.00 km at 14 N
CRS_METRIC = "+proj=laea +lat_0=14 +lon_0=-90 +datum=WGS84 +units=m"
FLAT_KMH = 6.0 * math.exp(-0.175)

CORRIDORS = {
    # straight north along column 0
    "west": (("n00", 1), ("n10", 1), ("n20", 1), ("n30", 1)),
    # east, north, east, north ... from corner to corner
    "stairs": tuple((leg, 1) for leg in ("e00", "n01", "e11", "n12", "e22", "n23", "e33", "n34")),
    # north, one block west (against the drawing), north
    "bend": (("n04", 1), ("e13", -1), ("n13", 1), ("n23", 1)),
}
SIGNS = {"e13": -1}
NAMES = {
    "west": ("West", "Oeste", "Ouest", "Lwès"),
    "stairs": ("Stairs", "Escalera", "Escalier", "Eskalye"),
    "bend": ("Bend", "Curva", "Virage", "Koub"),
}

# id: row, column (a fraction lies between crossings), services, admits, kind
PLACES = {
    "gt-ex-1": (2.0, 0.0, ("medical", "water"), ("men:yes",), "assistance_point"),
    "gt-ex-2": (2.0, 0.0, ("food", "shelter"), (), "shelter"),
    "gt-ex-3": (3.5, 0.0, ("water",), ("men:unknown",), "assistance_point"),
    "gt-ex-4": (4.0, 4.0, ("shelter", "water"), ("men:yes",), "shelter"),
    "gt-ex-5": (1.0, 1.0, ("shelter",), ("men:no", "women:yes"), "shelter"),
    "gt-ex-6": (16.0, 0.0, ("shelter",), (), "shelter"),  # 60 km north: joined to nothing
}


def locate(row: float, column: float) -> tuple[float, float]:
    return round(WEST + column * STEP_LON, 7), round(SOUTH + row * STEP_LAT, 7)


def list_legs() -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Leg -> (row, column) of its start and of its end."""
    blocks = range(SIZE - 1)
    east = {f"e{r}{c}": ((r, c), (r, c + 1)) for r in range(SIZE) for c in blocks}
    north = {f"n{r}{c}": ((r, c), (r + 1, c)) for r in blocks for c in range(SIZE)}
    return dict(sorted({**east, **north}.items()))


def make_routes(
    legs: list[str] | None = None, *, modes: dict[str, str] | None = None,
    reverse: frozenset[str] | set[str] = frozenset(),
) -> gpd.GeoDataFrame:
    """The ``routes`` layer: some legs, some with other modes, some drawn the other way."""
    rows, lines, index = [], [], []
    for leg, ends in list_legs().items():
        if legs is not None and leg not in legs:
            continue
        mode = (modes or {}).get(leg, "foot")
        start, end = ends[::-1] if leg in reverse else ends
        lines.append(shapely.LineString([locate(*start), locate(*end)]))
        index.append(leg)
        rows.append({
            "route_id": leg[0], "leg_no": len(index), "mode": mode,
            "from_place": f"r{start[0]}c{start[1]}", "to_place": f"r{end[0]}c{end[1]}",
            "stated_km": 5.0, "terrain": "water" if mode == "boat" else "road",
            "off_road": False, "accuracy_km": 1.0, "status": "open",
            "status_as_of": pd.Timestamp("2024-12-31"), "source": "invented", "synthetic": True,
        })
    named = pd.Index(index, name="leg_id")
    frame = gpd.GeoDataFrame(rows, geometry=lines, crs="EPSG:4326", index=named)
    return frame.astype({"synthetic": "boolean", "off_road": "boolean"})


def make_segments(routes: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Five segments a leg, each called exactly 1 km long."""
    routes = make_routes() if routes is None else routes
    count = len(routes)
    cuts = shapely.get_coordinates(shapely.line_interpolate_point(
        routes.geometry.to_numpy()[:, None], np.linspace(0, 1, BLOCK_KM + 1), normalized=True,
    )).reshape(count, BLOCK_KM + 1, 2)
    start, end = cuts[:, :-1].reshape(-1, 2), cuts[:, 1:].reshape(-1, 2)
    middle = (start + end) / 2
    n = np.tile(np.arange(1, BLOCK_KM + 1), count)
    legs, modes, first, last = (np.repeat(values.to_numpy(object), BLOCK_KM) for values in (
        routes.index, *(routes[name] for name in ("mode", "from_place", "to_place"))))
    frame = gpd.GeoDataFrame({
        "leg_id": legs, "n": n, "mode": modes, "chainage_from_km": n - 1.0,
        "chainage_to_km": n * 1.0, "length_km": 1.0,
        "start_lon": start[:, 0], "start_lat": start[:, 1], "end_lon": end[:, 0],
        "end_lat": end[:, 1], "mid_lon": middle[:, 0], "mid_lat": middle[:, 1],
        "near_place": np.where(n <= 2, first, last),
    }, index=[f"{leg}-{i:04d}" for leg, i in zip(legs, n, strict=True)], crs="EPSG:4326",
        geometry=shapely.linestrings(np.stack([start, end], axis=1)))
    frame.index.name = "segment_id"
    return frame.sort_index()


def make_places(ids: list[str] | None = None) -> gpd.GeoDataFrame:
    """Places of both layers, index ``place_id``."""
    chosen = sorted(PLACES) if ids is None else sorted(ids)
    rows = [PLACES[name] for name in chosen]
    frame = gpd.GeoDataFrame(
        {"services": pd.Series([row[2] for row in rows], dtype=object),
         "admits": pd.Series([row[3] for row in rows], dtype=object),
         "place_kind": [row[4] for row in rows],
         "synthetic": pd.array([True] * len(rows), dtype="boolean")},
        geometry=[shapely.Point(locate(row[0], row[1])) for row in rows], crs="EPSG:4326",
    )
    frame.index = pd.Index(chosen, name="place_id")
    return frame


def put_place(name: str, row: float, column: float, *services: str) -> gpd.GeoDataFrame:
    """One more place."""
    frame = make_places(["gt-ex-2"]).rename(index={"gt-ex-2": name})
    frame["services"] = pd.Series([services], index=frame.index, dtype=object)
    return frame.set_geometry([shapely.Point(locate(row, column))], crs="EPSG:4326")


def put_places(spots: dict[str, tuple[float, float]], *services: str) -> gpd.GeoDataFrame:
    """Places of one kind: id -> row and column."""
    count = len(spots)
    frame = gpd.GeoDataFrame(
        {"services": pd.Series([services] * count, dtype=object),
         "admits": pd.Series([()] * count, dtype=object), "place_kind": ["shelter"] * count,
         "synthetic": pd.array([True] * count, dtype="boolean")},
        geometry=[shapely.Point(locate(*at)) for at in spots.values()], crs="EPSG:4326",
    )
    frame.index = pd.Index(list(spots), name="place_id")
    return frame


def make_towns() -> gpd.GeoDataFrame:
    """Every crossing as a town: ``r0c0`` to ``r4c4``."""
    at = [(r, c) for r in range(SIZE) for c in range(SIZE)]
    names = [f"r{r}c{c}" for r, c in at]
    frame = gpd.GeoDataFrame(
        {"place": names, "country": ["GT" if c < 2 else "HN" for _, c in at]}, index=names,
        geometry=[shapely.Point(locate(r, c)) for r, c in at], crs="EPSG:4326",
    )
    return frame.rename_axis("candidate_id")


def make_travel(
    segments: gpd.GeoDataFrame, places: gpd.GeoDataFrame, *, max_access_km: float = 1.0,
    signs: dict[str, int] | None = None, terrain: dict[str, str] | None = None,
    pace: Pace | None = None,
) -> Travel:
    """Network, places joined within one km and times, on road unless said."""
    network = build_network(segments, crs_metric=CRS_METRIC)
    network = attach_places(
        network, places, segments, crs_metric=CRS_METRIC, max_access_km=max_access_km
    )
    ground = dict.fromkeys(network.leg_ids, "road") | (terrain or {})
    return prepare_travel(network, ground, signs=SIGNS if signs is None else signs, pace=pace)


def turn_signs(reverse: set[str]) -> dict[str, int]:
    """Signs of all legs once some are drawn the other way."""
    return {leg: SIGNS.get(leg, 1) * (-1 if leg in reverse else 1) for leg in list_legs()}


def make_services(**threshold_km: float) -> pd.DataFrame:
    """Service table with thresholds given as km on flat road."""
    hours = [km / FLAT_KMH for km in threshold_km.values()]
    index = pd.Index(list(threshold_km), name="service")
    return pd.DataFrame({"threshold_h": hours, "measure": "walk"}, index=index)


def write_grid_study(folder: Path) -> Path:
    """Write the grid as a study that `Study.open` reads; return ``study.toml``."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_routes(folder / "routes.geojson")
    for layer, kind in (("shelters", "shelter"), ("assistance_points", "assistance_point")):
        _write_places(folder / f"{layer}.csv", kind)
    _write_rows(folder / "incidents.csv", _list_incidents())
    _write_rows(folder / "waypoints.csv", _list_waypoints())
    _write_boundaries(folder / "boundaries.geojson")
    (folder / "parameters.toml").write_text(
        '[walk.max_access_km]\nvalue = 2.0\nsource = "test: numbers by hand"\n', encoding="utf-8"
    )
    (folder / "study.toml").write_text(_tell_study(), encoding="utf-8")
    return folder / "study.toml"


def _tell_study() -> str:
    geojson, csvs = ("routes", "boundaries"), ("shelters", "assistance_points", "incidents")
    files = [*(f"{name}.geojson" for name in geojson), *(f"{name}.csv" for name in csvs)]
    east, north = locate(SIZE, SIZE)
    lines = [
        'name = "EXAMPLE - a grid of streets"', "as_of = 2024-12-31",
        f"area = [{WEST - 0.3}, {SOUTH - 0.3}, {east + 0.3:.4f}, {north + 0.3:.4f}]",
        f'crs_metric = "{CRS_METRIC}"', "segment_km = 1.0", 'headline_direction = "forward"',
        'parameters = "parameters.toml"', "",
    ]
    for file in [*files, "waypoints.csv"]:
        lines += [f"[layers.{file.split('.')[0]}]", f'path = "{file}"', ""]
    for name, steps in CORRIDORS.items():
        legs = ", ".join(f'"{"-" if sign < 0 else ""}{leg}"' for leg, sign in steps)
        words = ", ".join(
            f'{lang} = "{word}"'
            for lang, word in zip(("en", "es", "fr", "ht"), NAMES[name], strict=True)
        )
        lines += [f"[corridors.{name}]", f"legs = [{legs}]", f"name = {{ {words} }}", ""]
    lines += ["[siting]", 'services = ["water"]', "k = 2", ""]
    return "\n".join(lines)


def _write_routes(path: Path) -> None:
    features = []
    for leg, row in make_routes().iterrows():
        properties = {"leg_id": leg, **row.drop("geometry").to_dict(), "off_road": False,
                      "synthetic": True, "status_as_of": f"{row['status_as_of']:%Y-%m-%d}"}
        features.append({"type": "Feature", "properties": properties,
                         "geometry": shapely.geometry.mapping(row.geometry)})
    _write_features(path, features)


def _write_boundaries(path: Path) -> None:
    """Two invented countries: columns 0 and 1 in the west, 2 to 4 in the east."""
    features = []
    for code, name, low, high in (("GT", "West", -5.0, 1.5), ("HN", "East", 1.5, 9.0)):
        (west, south), (east, north) = locate(-5, low), locate(9, high)
        features.append({
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shapely.box(west, south, east, north)),
            "properties": {"boundary_id": f"{code.lower()}-0", "level": 0, "country": code,
                           "name": f"EXAMPLE - {name}", "source": "invented"},
        })
    _write_features(path, features)


def _write_features(path: Path, features: list[dict[str, object]]) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": features}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _write_places(path: Path, kind: str) -> None:
    rows = []
    for name, (row, column, services, admits, of_kind) in PLACES.items():
        if of_kind != kind:
            continue
        lon, lat = locate(row, column)
        rows.append({
            "place_id": name, "name": f"EXAMPLE - {name}", "place_kind": kind,
            "operator_kind": "ngo", "country": "GT", "admin1": "", "town": "",
            "services": ";".join(services), "capacity": 20, "opens": "", "months": "",
            "admits": ";".join(admits), "phone": "", "publish_ok": "yes",
            "consent_until": "2099-12-31", "last_verified": "2024-12-01",
            "verify_by": "2025-02-28", "steward": "", "owner": "", "coord_precision_km": 0.1,
            "source": "invented", "synthetic": "true", "lon": lon, "lat": lat,
        })
    _write_rows(path, rows)


def _list_incidents() -> list[dict[str, object]]:
    """Sixty invented incidents, most of them in the north of column 0, none in column 4."""
    rows = []
    for n in range(60):
        row, column = (3 + n % 5 / 5, 0.0) if n % 3 else (n % 20 / 5, n % 4 / 2)
        lon, lat = locate(row + 0.01, column + 0.01)
        rows.append({
            "incident_id": f"ex-{n:03d}", "date": f"{2020 + n % 5}-{1 + n % 12:02d}-15",
            "class": ("env", "acc", "sec", "wat", "unk")[n % 5], "subtype": "",
            "dead": 1, "missing": 0, "n_victims": 1, "coord_precision_km": 1.0,
            "source": f"EXAMPLE source {n % 3}", "synthetic": "true", "lon": lon, "lat": lat,
        })
    return rows


def _list_waypoints() -> list[dict[str, object]]:
    return [
        {"waypoint_id": name, "name": f"EXAMPLE - {name}", "kind": "town",
         "country": town["country"], "admin1": "", "accuracy_km": 0.1, "official_crossing": "no",
         "synthetic": "true", "lon": town.geometry.x, "lat": town.geometry.y}
        for name, town in make_towns().iterrows()
    ]


def _write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
