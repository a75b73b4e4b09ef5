"""Write the ILLUSTRATIVE facilities of the embedded study: no such place exists.

    python facilities.py --layers LAYERS --out LAYERS

Expands ``tables/facilities.csv`` (authored by hand, no operator was asked and none is meant) into
``assistance_points.csv``, ``shelters.csv`` and ``health_facilities.csv``. Twelve assistance points,
9 in Mexico, 2 in Guatemala, 1 in Honduras, as an ICRC fact sheet counts them; their towns are not
published there and are invented here. Coordinates are the town's, moved by up to 3 km in a
direction drawn from the place's id, on land: they locate nothing. Phones stay empty.
"""

from __future__ import annotations

import argparse
import csv
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from land import Land, read_land

TABLE = Path(__file__).with_name("tables") / "facilities.csv"
SEED = 20_261_101
SHIFT_KM = (0.8, 3.0)
COORD_PRECISION_KM = 3
KM_PER_DEGREE = 111.2
GROUPS = (
    "men", "women", "women_with_children", "families", "unaccompanied_children", "lgbtiq",
    "disabled",
)  # fmt: skip
ANSWERS = {"y": "yes", "n": "no", "u": "unknown"}
# publish_ok, consent_until, last_verified, verify_by: the operator's word and its freshness.
CONSENT = {
    "yes": ("true", "2027-12-31", "2026-11-01", "2027-01-30"),
    "expired": ("true", "2026-06-30", "2026-05-02", "2026-07-31"),
    "stale": ("true", "2027-12-31", "2026-05-02", "2026-07-31"),
    "no": ("false", "", "2026-11-01", "2027-01-30"),
    "unknown": ("", "", "", ""),
}
LABELS = {
    "assistance_point": "assistance point", "shelter": "shelter",
    "health_facility": "health facility", "unaccompanied_children": "home for children alone",
    "trafficking_survivors": "home for survivors of trafficking",
    "gbv_survivors": "home for survivors of violence", "detention": "place of detention",
}  # fmt: skip
FILES = {"assistance_point": "assistance_points.csv", "health_facility": "health_facilities.csv"}
COLUMNS = (
    "place_id", "name", "place_kind", "operator_kind", "country", "admin1", "town", "lon", "lat",
    "services", "capacity", "capacity_unit", "opens", "months",
    "admits", "languages", "phone", "publish_ok", "consent_until", "last_verified", "verify_by",
    "steward", "owner", "coord_precision_km", "source", "synthetic",
)  # fmt: skip


@dataclass(frozen=True)
class Town:
    """A waypoint: name, ISO country, first division, lon and lat in degrees."""

    name: str
    country: str
    admin1: str
    lon: float
    lat: float


def read_towns(path: Path) -> dict[str, Town]:
    """Read ``waypoints.geojson`` by waypoint id."""
    towns = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        row = {"waypoint_id": feature.get("id")} | feature["properties"]
        lon, lat = feature["geometry"]["coordinates"][:2]
        towns[row["waypoint_id"]] = Town(row["name"], row["country"], row["admin1"], lon, lat)
    return towns


def shift_position(place_id: str, town: Town, land: Land) -> tuple[float, float]:
    """Move a town's point by 0.8 to 3 km, drawn from the id; the first draw on land counts.

    Raises
    ------
    SystemExit
        If no draw lies on land: the waypoint is at sea.
    """
    rng = np.random.default_rng([SEED, zlib.crc32(place_id.encode())])
    for _ in range(100):
        km, bearing = rng.uniform(*SHIFT_KM), rng.uniform(0.0, 2 * np.pi)
        lat = round(town.lat + km * np.cos(bearing) / KM_PER_DEGREE, 4)
        east_degrees = km * np.sin(bearing) / (KM_PER_DEGREE * np.cos(np.radians(town.lat)))
        lon = round(town.lon + east_degrees, 4)
        if land.contains_point(lon, lat):
            return lon, lat
    raise SystemExit(f"{place_id}: no land within 3 km of {town.name}; check its waypoint")


def expand_row(row: dict[str, str], towns: dict[str, Town], land: Land) -> dict[str, object]:
    """Make the full row of one authored place, its name not yet numbered."""
    town = towns[row["town"]]
    lon, lat = shift_position(row["place_id"], town, land)
    publish_ok, consent_until, last_verified, verify_by = CONSENT[row["consent"]]
    admits = ";".join(
        f"{group}:{ANSWERS[letter]}" for group, letter in zip(GROUPS, row["admits"], strict=True)
    )
    copied = {key: row[key] for key in (
        "place_id", "place_kind", "operator_kind", "town", "services", "capacity",
        "capacity_unit", "opens", "months", "languages",
    )}  # fmt: skip
    return copied | {
        "admits": admits, "name": f"EXAMPLE - {LABELS[row['place_kind']]}, {town.name}",
        "country": town.country, "admin1": town.admin1, "lon": lon, "lat": lat, "phone": "",
        "publish_ok": publish_ok, "consent_until": consent_until, "last_verified": last_verified,
        "verify_by": verify_by, "steward": "georisk example data", "owner": "ex",
        "coord_precision_km": COORD_PRECISION_KM, "source": "illustrative, see SOURCES.md",
        "synthetic": "true",
    }  # fmt: skip


def number_names(rows: list[dict[str, object]]) -> None:
    """Add a number to names that occur more than once, in place."""
    names = [row["name"] for row in rows]
    for position, row in enumerate(rows):
        if names.count(row["name"]) > 1:
            row["name"] = f"{row['name']} ({names[: position + 1].count(names[position])})"


def make_facilities(layers: Path) -> dict[str, list[dict[str, object]]]:
    """Make the rows of each file, sorted by id."""
    towns = read_towns(layers / "waypoints.geojson")
    land = read_land(layers)
    with TABLE.open(encoding="utf-8", newline="") as stream:
        authored = sorted(csv.DictReader(stream), key=lambda row: row["place_id"])
    unknown = sorted({row["town"] for row in authored} - set(towns))
    if unknown:
        raise SystemExit(f"facilities.csv: towns not in waypoints.geojson: {', '.join(unknown)}")
    files: dict[str, list[dict[str, object]]] = {}
    for row in authored:
        name = FILES.get(row["place_kind"], "shelters.csv")
        files.setdefault(name, []).append(expand_row(row, towns, land))
    for rows in files.values():
        number_names(rows)
    return files


def main() -> None:
    """Write the three layers."""
    parser = argparse.ArgumentParser(description="Write the illustrative facilities")
    parser.add_argument("--layers", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    for name, rows in sorted(make_facilities(arguments.layers).items()):
        with (arguments.out / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{name}: {len(rows)} illustrative places")


if __name__ == "__main__":
    main()
