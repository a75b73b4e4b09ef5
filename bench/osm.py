"""What a country-sized OpenStreetMap extract costs to read: CPU seconds and peak memory.

    python bench/osm.py make FILE.osm.pbf [--nodes 20] [--seed 1]
    PYTHONPATH=. python bench/osm.py read FILE.osm.pbf [--leg-km 300] [--reach-km 20]

``make`` invents a land of 9 by 6 degrees: towns with streets and buildings, winding roads between
them, tracks, rivers, ferries and rails, about ``--nodes`` million nodes and an eighth as many
ways, numbered in no order of place and with gaps, as in the real register. Towns, roads and
tracks are drawn from the seed. It says nothing about the world. ``read`` invents a study with one
leg across that land, takes the layer ``ways`` in as `georisk run` does, and makes the network and
coverage of it, each in a process of its own, started from a small one: a process that is started
from a large one counts the peak of that one as its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

WEST, SOUTH, EAST, NORTH = -99.0, 14.0, -90.0, 20.0
MILLION = 1_000_000
KM_PER_DEGREE = 108.0
# Shares of the nodes: streets, buildings, roads between towns, tracks, rivers.
SHARES = {"streets": 0.12, "buildings": 0.5, "roads": 0.15, "tracks": 0.18, "rivers": 0.05}
NODES_PER_ROAD_WAY, NODES_PER_TRACK = 60, 40
STEP_DEGREES = 0.0006
GAP_OF_IDS = 400
LAUNCHER = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], check=False)
taken = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"    {taken.ru_utime + taken.ru_stime:.1f} s CPU, {taken.ru_maxrss / 1000:.0f} MB at peak")
sys.exit(done.returncode)
"""
RUN = """
import datetime as dt, sys
from pathlib import Path
from georisk.study import Study
study = Study.open(Path(sys.argv[1]), today=dt.date(2025, 1, 15))
for name in sys.argv[2:]:
    made = study.layer(name).frame if name in {"ways", "coverage"} else study.value(name)
    print(f"    {name}: {len(made) if hasattr(made, '__len__') else type(made).__name__}")
    for told in study.made(name).warnings:
        print(f"        {told}")
"""


def draw_lines(million: float, seed: int) -> Iterator[tuple[Any, list[list[int]], dict[str, str]]]:
    """Batches: positions of new nodes, ways over them (numbers in the batch), their tags."""
    import numpy as np

    rng = np.random.default_rng(seed)
    total = million * MILLION
    count = max(int(total / 8000), 4)
    towns = np.column_stack([rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count)])
    weight = 1.0 / np.arange(1, count + 1) ** 0.7
    weight /= weight.sum()
    for (lon, lat), share in zip(towns, weight, strict=True):
        yield from _draw_town(lon, lat, total * share, rng)
    nearest = _pair_towns(towns)
    each = total * SHARES["roads"] / len(nearest)
    for number, (one, two) in enumerate(nearest):
        kind = ("primary", "secondary", "tertiary", "unclassified")[number % 4]
        yield _draw_winding(towns[one], towns[two], max(int(each), 4), rng, {"highway": kind})
    for name, tags, long in (
        ("tracks", {"highway": "track", "surface": "dirt"}, NODES_PER_TRACK),
        ("rivers", {"waterway": "stream"}, 200),
    ):
        for _ in range(int(total * SHARES[name] / long)):
            start = np.array([rng.uniform(WEST, EAST), rng.uniform(SOUTH, NORTH)])
            steps = rng.normal(0.0, STEP_DEGREES, (long, 2)) + rng.normal(0, STEP_DEGREES, 2)
            yield start + np.cumsum(steps, axis=0), [list(range(long))], tags
    for n in range(20):
        ends = np.column_stack([rng.uniform(WEST, EAST, 2), rng.uniform(SOUTH, NORTH, 2)])
        yield ends, [[0, 1]], {"route": "ferry"} if n % 2 else {"railway": "rail"}


def _draw_town(
    lon: float, lat: float, nodes: float, rng: Any  # noqa: ANN401 - a generator of numpy
) -> Iterator[tuple[Any, list[list[int]], dict[str, str]]]:
    import numpy as np

    side = max(int(np.sqrt(nodes * SHARES["streets"])), 2)
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) - side / 2
    streets = np.arange(side * side).reshape(side, side).tolist()
    columns = [list(column) for column in zip(*streets, strict=True)]
    place = np.array([lon, lat])
    xy = place + grid * STEP_DEGREES * 1.5 + rng.normal(0, 0.0001, grid.shape)
    yield xy, streets + columns, {"highway": "residential"}
    houses = int(nodes * SHARES["buildings"] / 4)
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * 0.0001
    at = place + rng.uniform(-side / 2, side / 2, (houses, 2)) * STEP_DEGREES * 1.5
    rings = [[n, n + 1, n + 2, n + 3, n] for n in range(0, 4 * houses, 4)]
    yield (at[:, None, :] + corner).reshape(-1, 2), rings, {"building": "yes"}


def _pair_towns(towns: Any) -> list[tuple[int, int]]:  # noqa: ANN401 - an array
    from scipy.spatial import cKDTree

    _, near = cKDTree(towns).query(towns, 4)
    pairs = {(min(int(a), int(b)), max(int(a), int(b))) for row in near
             for a, b in itertools.product(row[:1], row[1:])}
    return sorted(pairs)


def _draw_winding(
    one: Any, two: Any, count: int, rng: Any, tags: dict[str, str]  # noqa: ANN401 - arrays
) -> tuple[Any, list[list[int]], dict[str, str]]:
    import numpy as np

    share = np.linspace(0.0, 1.0, count)[:, None]
    bend = np.cumsum(rng.normal(0, STEP_DEGREES / 4, (count, 2)), axis=0)
    bend -= share * bend[-1]
    ways = [list(range(n, min(n + NODES_PER_ROAD_WAY, count - 1) + 1))
            for n in range(0, count - 1, NODES_PER_ROAD_WAY)]
    return one * (1 - share) + two * share + bend, ways, tags


def make_extract(path: Path, million: float, seed: int) -> tuple[int, int]:
    """Write the invented land; numbers of its nodes and ways."""
    import numpy as np
    import osmium

    rng = np.random.default_rng(seed + 1)
    node_of = osmium.osm.mutable.Node
    way_of = osmium.osm.mutable.Way
    sizes: list[int] = []
    kept: list[tuple[list[list[int]], dict[str, str]]] = []
    last = 0
    path.unlink(missing_ok=True)
    numbers = []
    with osmium.SimpleWriter(str(path)) as writer:
        for xy, lines, tags in draw_lines(million, seed):
            ids = last + np.cumsum(rng.integers(1, GAP_OF_IDS, len(xy)))
            last = int(ids[-1]) if len(ids) else last
            for number, lon, lat in zip(ids.tolist(), *xy.T.tolist(), strict=True):
                writer.add_node(node_of(id=number, location=(lon, lat), version=1))
            numbers.append(ids)
            sizes.append(len(xy))
            kept.append((lines, tags))
        count = 0
        for ids, (lines, tags) in zip(numbers, kept, strict=True):
            of = ids.tolist()
            for line in lines:
                count += 1
                writer.add_way(way_of(id=count * 7, nodes=[of[n] for n in line], tags=tags,
                                      version=1))
    return sum(sizes), count


def write_study(folder: Path, leg_km: float, reach_km: float) -> None:
    """Write a study of one straight leg through the middle of the land, and invented places."""
    lon, lat = (WEST + EAST) / 2, (SOUTH + NORTH) / 2
    half = leg_km / 2 / KM_PER_DEGREE
    line = [[lon - half * 0.8, lat - half * 0.6], [lon + half * 0.8, lat + half * 0.6]]
    properties = {"leg_id": "a-b", "from_place": "a", "to_place": "b", "mode": "foot",
                  "terrain": "road", "off_road": False, "synthetic": True,
                  "accuracy_km": 1.0, "leg_no": 1, "route_id": "way", "status": "open",
                  "source": "invented", "status_as_of": "2024-12-01"}
    feature = {"type": "Feature", "properties": properties,
               "geometry": {"type": "LineString", "coordinates": line}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (folder / "routes.geojson").write_text(text, encoding="utf-8")
    names = ("place_id,name,place_kind,operator_kind,country,services,synthetic,lon,lat,admin1,"
             "admits,capacity,consent_until,coord_precision_km,last_verified,months,opens,owner,"
             "phone,publish_ok,source,steward,town,verify_by")
    rows = [names]
    for n in range(30):
        share = (n + 0.5) / 30
        (x0, y0), (x1, y1) = line
        rows.append(f"ex-{n:02d},EXAMPLE - {n},assistance_point,ngo,MX,water,true,"
                    f"{x0 + share * (x1 - x0) + 0.03 * (-1) ** n:.5f},{y0 + share * (y1 - y0):.5f}"
                    ",,,20,2099-12-31,0.1,2024-12-01,,,,,yes,invented,,,2025-02-28")
    (folder / "assistance_points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "parameters.toml").write_text(
        f'[network.strip_km]\nvalue = {reach_km:g}\nsource = "bench: asked for"\n',
        encoding="utf-8")
    (folder / "study.toml").write_text("\n".join([
        'name = "EXAMPLE - an invented land"', "as_of = 2024-12-31",
        f"area = [{WEST}, {SOUTH}, {EAST}, {NORTH}]", "segment_km = 1.0",
        f'crs_metric = "+proj=laea +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"',
        'headline_direction = "forward"', 'parameters = "parameters.toml"', "",
        '[layers.routes]\npath = "routes.geojson"', "",
        '[layers.assistance_points]\npath = "assistance_points.csv"', "",
        '[corridors.way]\nlegs = ["a-b"]',
        'name = { en = "Way", es = "Camino", fr = "Voie", ht = "Chemen" }', "",
        '[siting]\nservices = ["water"]\nk = 1', "",
    ]), encoding="utf-8")


def read_extract(path: Path, leg_km: float, reach_km: float) -> None:
    """Import the layer ``ways`` by the command, then make network and coverage of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(folder, leg_km, reach_km)
        python = [sys.executable, "-c"]
        door = [*python, "from api.cli import main; main()"]
        for label, command in (
            ("georisk import", [*door, "import", str(path), "--layer", "ways", "-s", name]),
            ("network and coverage", [*python, RUN, name, "ways", "network", "coverage"]),
        ):
            print(f"{label}, {path.stat().st_size / 1e6:,.0f} MB, {reach_km:g} km on each side of "
                  f"a leg of {leg_km:g} km", flush=True)
            subprocess.run([*python, LAUNCHER, *command], check=True)


def main() -> None:
    """Make or read."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("make", "read"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--nodes", type=float, default=20.0, help="millions")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leg-km", type=float, default=300.0)
    parser.add_argument("--reach-km", type=float, default=20.0)
    given = parser.parse_args()
    if given.what == "read":
        read_extract(given.file, given.leg_km, given.reach_km)
        return
    nodes, ways = make_extract(given.file, given.nodes, given.seed)
    print(f"{nodes:,} nodes, {ways:,} ways, {given.file.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
