"""What a study of any size costs, step by step: CPU seconds and peak memory of each.

    python bench/scale.py [--incidents N] [--segments M] [--until STEP ...] [--side PIXELS]

Invents a study in a temporary folder: towns joined by legs (the shortest tree over them) in the
area of Mexico and Central America, incidents clustered along the legs over eight years, places,
shelters and a raster of 10,000 x 10,000. All of it is marked synthetic and says nothing about the
world. Then every step of `georisk run` is made in this process, each after what it needs, and what
it cost by itself is printed and written to ``bench/scale.json`` under the size of the study.
Peak memory is that of the process while the step ran, inputs and earlier results included.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasters import make_raster
from scipy import sparse
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from georisk.steps import STEPS
from georisk.study import Study

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layers.crs import FloatArray

ROOT = Path(__file__).resolve().parent.parent
WEST, SOUTH, EAST, NORTH = -111.0, 14.5, -85.0, 31.5
KM_PER_DEGREE = np.array([102.0, 110.6])
# A shortest tree over n towns in an area A is about this times the root of n A long.
TREE_LENGTH, WINDING = 0.65, 1.06
AS_OF, YEARS = dt.date(2024, 12, 31), 8
PRECISIONS_KM = ((0.3, 0.2), (2.0, 0.35), (10.0, 0.35), (25.0, 0.1))
CLASSES = (("wat", 0.25), ("env", 0.3), ("acc", 0.2), ("sec", 0.15), ("unk", 0.1))
BAR_S, BAR_MB = 90.0, 4000.0
TODAY = dt.date(2025, 6, 30)
SERVICES = "water;food;shelter;phone"
STUDY = f"""name = "Synthetic study of a size"
as_of = {AS_OF}
observed_from = {AS_OF.year - YEARS + 1}-01-01
area = [-118.0, 6.0, -76.0, 33.0]
crs_metric = "+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84 +units=m +no_defs"
segment_km = 1.0
services = ["water", "food", "shelter"]
[siting]
services = ["water"]
k = 3
[layers]
routes = {{ path = "routes.geojson" }}
places = {{ path = "places.csv" }}
shelters = {{ path = "shelters.csv" }}
incidents = {{ path = "incidents.csv" }}
hazard_relief = {{ path = "hazard_relief.tif" }}
"""


def join_towns(segments: int, rng: np.random.Generator) -> tuple[FloatArray, np.ndarray]:
    """Towns, degrees, and pairs of them: a shortest tree about as many km long."""
    span = np.array([EAST - WEST, NORTH - SOUTH])
    area_km2 = float(np.prod(span * KM_PER_DEGREE))
    count = max(int((segments / WINDING / TREE_LENGTH) ** 2 / area_km2), 6)
    towns = np.array([WEST, SOUTH]) + rng.uniform(0, 1, (count, 2)) * span
    corners = Delaunay(towns * KM_PER_DEGREE).simplices
    pairs = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    away = np.hypot(*((towns[pairs[:, 0]] - towns[pairs[:, 1]]) * KM_PER_DEGREE).T)
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    _, once = np.unique(low * count + high, return_index=True)
    graph = sparse.coo_array((away[once], (low[once], high[once])), shape=(count, count))
    tree = minimum_spanning_tree(graph.tocsr()).tocoo()
    return towns, np.column_stack([tree.row, tree.col])


def draw_legs(towns: FloatArray, pairs: np.ndarray, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Winding lines between towns, a vertex every three km or so."""
    lines = []
    for start, end in zip(towns[pairs[:, 0]], towns[pairs[:, 1]], strict=True):
        way_km = float(np.hypot(*((end - start) * KM_PER_DEGREE)))
        share = np.linspace(0, 1, max(int(way_km / 3), 2))
        aside = np.zeros(len(share))
        aside[1:-1] = np.cumsum(rng.normal(0, 0.006, len(share) - 2))
        aside -= share * aside[-2]
        aside[[0, -1]] = 0.0
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / max(
            float(np.hypot(*(end - start))), 1e-9)
        lines.append(shapely.LineString(start + share[:, None] * (end - start)
                                        + aside[:, None] * normal))
    number = np.arange(len(pairs))
    return gpd.GeoDataFrame({
        "leg_id": [f"syn-leg-{n:05d}" for n in number], "route_id": "syn", "leg_no": number,
        "mode": rng.choice(["foot", "road", "road", "train"], len(pairs)),
        "from_place": [f"Town {n}" for n in pairs[:, 0]],
        "to_place": [f"Town {n}" for n in pairs[:, 1]], "accuracy_km": 2.0, "status": "open",
        "status_as_of": AS_OF.isoformat(), "synthetic": True,
    }, geometry=lines, crs="EPSG:4326")


def draw_incidents(legs: gpd.GeoDataFrame, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Incidents on hot spots of some legs and anywhere along all, blurred by their vagueness."""
    lines = legs.geometry.to_numpy()
    length = shapely.length(lines)
    spots = max(20, int(length.sum() * 2))
    leg, heat = rng.choice(len(lines), spots, p=length / length.sum()), rng.pareto(1.2, spots) + 0.1
    place = rng.uniform(0, 1, spots)
    spot = rng.choice(spots, count, p=heat / heat.sum())
    hot = rng.random(count) < 0.6
    on = np.where(hot, leg[spot], rng.choice(len(lines), count, p=length / length.sum()))
    share = np.clip(np.where(hot, place[spot] + rng.normal(0, 0.05, count), rng.random(count)),
                    0, 1)
    lonlat = shapely.get_coordinates(shapely.line_interpolate_point(lines[on], share,
                                                                    normalized=True))
    sigma_km = rng.choice([s for s, _ in PRECISIONS_KM], count, p=[p for _, p in PRECISIONS_KM])
    lonlat = lonlat + rng.normal(0, 1, (count, 2)) * sigma_km[:, None] / KM_PER_DEGREE
    lonlat = np.clip(lonlat, [-117.9, 6.1], [-76.1, 32.9])
    kind = rng.choice([c for c, _ in CLASSES], count, p=[p for _, p in CLASSES])
    days = np.datetime64(AS_OF) - rng.integers(0, YEARS * 365, count)
    dead = rng.integers(0, 2, count)
    return pd.DataFrame({
        "incident_id": np.char.mod("syn-%07d", np.arange(count)), "lon": lonlat[:, 0].round(5),
        "lat": lonlat[:, 1].round(5), "date": days.astype(str), "date_precision": "day",
        "class": kind, "subtype": "", "dead": dead, "missing": 0, "injured": 1 - dead,
        "n_victims": 1, "coord_precision_km": sigma_km,
        "source": np.char.add("SYN-", rng.choice(list("ABCDEFGH"), count)), "source_url": "",
        "synthetic": "true"})


def draw_shelters(towns: FloatArray) -> pd.DataFrame:
    """One example shelter in every tenth town."""
    some = towns[::10]
    return pd.DataFrame({
        "place_id": [f"syn-sh-{n}" for n in range(len(some))],
        "name": [f"EXAMPLE - shelter {n}" for n in range(len(some))], "place_kind": "shelter",
        "operator_kind": "community", "country": "MX", "admin1": "", "town": "", "admits": "",
        "languages": "es", "phone": "", "publish_ok": "", "consent_until": "",
        "lon": some[:, 0].round(4), "lat": some[:, 1].round(4), "services": SERVICES,
        "capacity": 50, "capacity_unit": "beds", "opens": "Mo-Su 07:00-19:00",
        "months": "1-12", "last_verified": "2025-05-01",
        "verify_by": "2026-06-30", "steward": "georisk example data", "owner": "ex",
        "coord_precision_km": 3, "source": "illustrative", "synthetic": "true"})


def make_study(folder: Path, *, incidents: int, segments: int, side: int, seed: int = 5) -> Path:
    """Write an invented study of about so many segments of 1 km."""
    rng = np.random.default_rng(seed)
    towns, pairs = join_towns(segments, rng)
    legs = draw_legs(towns, pairs, rng)
    legs.to_file(folder / "routes.geojson", driver="GeoJSON")
    pd.DataFrame({
        "geonameid": np.arange(len(towns)) + 1, "name": [f"Town {n}" for n in range(len(towns))],
        "lat": towns[:, 1].round(5), "lon": towns[:, 0].round(5), "country": "MX",
        "admin1_code": "00", "population": (10 ** rng.uniform(3.5, 6, len(towns))).astype(int),
    }).to_csv(folder / "places.csv", index=False)
    draw_shelters(towns).to_csv(folder / "shelters.csv", index=False)
    draw_incidents(legs, incidents, rng).to_csv(folder / "incidents.csv", index=False)
    make_raster(folder / "hazard_relief.tif", side)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


def measure_step(work: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of some work, and the most memory the process held meanwhile, MB."""
    Path("/proc/self/clear_refs").write_text("5")
    start = time.process_time()
    work()
    taken_s = time.process_time() - start
    held = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return taken_s, int(held[1]) * 1024 / 1e6 if held else float("nan")


def measure_study(study: Study, until: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Cost of every layer and step by itself, in the order in which they are needed."""
    found: dict[str, tuple[float, float]] = {}
    steps = {step.name: step for step in STEPS}

    def visit(name: str) -> None:
        if name in found or (name not in steps and name not in study.config.layers):
            return
        for need in steps[name].needs if name in steps else ():
            visit(need)
        found[name] = measure_step(lambda: study.made(name))
        print(f"{name:<24}{found[name][0]:>10.2f} s{found[name][1]:>10.0f} MB", flush=True)

    wanted = until or [step.name for step in STEPS if step.publishes]
    for name in (*study.config.layers, *wanted):
        visit(name)
    return found


def keep_results(title: str, found: dict[str, tuple[float, float]]) -> None:
    """Add the figures of one size to the file of results."""
    path = ROOT / "bench" / "scale.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    kept[title] = {name: {"cpu_s": round(taken_s, 2), "peak_mb": round(peak_mb)}
                   for name, (taken_s, peak_mb) in found.items()}
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_arguments() -> argparse.Namespace:
    reader = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    reader.add_argument("--incidents", type=int, default=1_000_000)
    reader.add_argument("--segments", type=int, default=50_000)
    reader.add_argument("--side", type=int, default=10_000, help="pixels of the raster's side")
    reader.add_argument("--until", nargs="*", default=[], help="steps; else all of a run")
    reader.add_argument("--keep", type=Path, help="folder of the study, made where it is empty")
    return reader.parse_args()


def main() -> None:
    """Invent a study, run it, print and keep what it cost."""
    options = read_arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "study.toml").is_file():
            make_study(folder, incidents=options.incidents, segments=options.segments,
                       side=options.side)
        study = Study.open(folder, today=TODAY)
        found = measure_study(study, options.until)
        lines = study.value("lines")
        title = f"{options.incidents:,} incidents, {len(lines):,} segments"
    total_s = sum(taken_s for taken_s, _ in found.values())
    peak_mb = max(peak for _, peak in found.values())
    print(f"{title}: {total_s:.1f} s (bar {BAR_S:.0f}), at most {peak_mb:.0f} MB "
          f"(bar {BAR_MB:.0f})")
    keep_results(title, found)


if __name__ == "__main__":
    main()
