"""What averages of a raster along segments cost beside their peers; answers checked to be equal.

    python bench/rasters.py [side in pixels [segments]]

A raster of 10,000 x 10,000 and 50,000 segments of 1 km unless told otherwise, invented. Each
program runs in a process of its own, over segments already in memory: CPU seconds of all its
threads and its peak memory. Starting Python, imports and reading the segments are left out for
all alike: a call over ten segments comes first, which also opens the raster once.
exactextract (lines) is measured on all segments, rasterstats (buffers, made by the program) on the
first tenth, whole corridors, and scaled. Every program finds the file in the system's cache.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from rasterio.windows import Window

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 50_000)
BARS = {"exactextract": 10.0, "rasterstats": 100.0}
MEMORY_BAR_MB, GROWTH_BAR, TOLERANCE = 1000.0, 2.2, 1e-6
SHARE_OF_PEER = {"exactextract": 1, "rasterstats": 10}
FEW = 10
CORNER, SPAN_DEG, BUFFER_DEG = (-112.0, 33.0), 30.0, 0.005
STRIP = 1000


def make_raster(path: Path, side: int) -> Path:
    """Invented heights in tiles of 256, deflated, written strip by strip."""
    step = SPAN_DEG / side
    profile = {"driver": "GTiff", "count": 1, "height": side, "width": side, "dtype": "float32",
               "crs": "EPSG:4326", "transform": Affine(step, 0, CORNER[0], 0, -step, CORNER[1]),
               "nodata": -9999.0, "tiled": True, "blockxsize": 256, "blockysize": 256,
               "compress": "deflate", "predictor": 3}
    rng = np.random.default_rng(4)
    column = np.arange(side)
    with rasterio.open(path, "w", **profile) as target:
        for top in range(0, side, STRIP):
            row = np.arange(top, min(top + STRIP, side))[:, None]
            height = 1000 * (np.sin(row * 12 / side) + np.cos(column * 9 / side)) + 1500
            height += rng.integers(0, 50, height.shape)
            height[rng.random(height.shape) < 0.01] = -9999.0
            target.write(height.astype(np.float32), 1, window=Window(0, top, side, len(row)))
    return path


def make_segments(path: Path, count: int) -> Path:
    """Invented segments of about 1 km with a bend, on corridors from edge to edge."""
    rng = np.random.default_rng(8)
    per = 500
    west, north = CORNER
    low = np.array([west + 1, north + 1 - SPAN_DEG])
    high = np.array([west + SPAN_DEG - 1, north - 1])
    ends = rng.uniform(low, high, (-(-count // per), 2, 2))
    unit = ends[:, 1] - ends[:, 0]
    unit /= np.hypot(*unit.T)[:, None]
    along = ends[:, :1] + unit[:, None] * np.arange(per)[None, :, None] * 0.01
    start = np.clip(along.reshape(-1, 2)[:count], low, high)
    turn = rng.normal(0, 0.002, (2, count, 2))
    middle, end = start + np.repeat(unit, per, 0)[:count] * 0.005 + turn[0], start + turn[1]
    end = end + np.repeat(unit, per, 0)[:count] * 0.01
    lines = shapely.linestrings(np.stack([start, middle, end], axis=1))
    gpd.GeoDataFrame(geometry=lines, crs="EPSG:4326").to_parquet(path)
    return path


def run_georisk(raster: Path, lines: gpd.GeoDataFrame) -> np.ndarray:
    from layers.raster_sampling import average_along

    return average_along(raster, lines.geometry.to_numpy())


def run_exactextract(raster: Path, lines: gpd.GeoDataFrame) -> np.ndarray:
    from exactextract import exact_extract

    return exact_extract(str(raster), lines, "mean", output="pandas")["mean"].to_numpy(float)


def run_rasterstats(raster: Path, lines: gpd.GeoDataFrame) -> np.ndarray:
    from rasterstats import zonal_stats

    areas = shapely.buffer(lines.geometry.to_numpy(), BUFFER_DEG)
    found = zonal_stats(list(areas), str(raster), stats="mean", all_touched=True)
    return np.array([np.nan if one["mean"] is None else one["mean"] for one in found], float)


RUNS = {"georisk": run_georisk, "exactextract": run_exactextract, "rasterstats": run_rasterstats}


def measure(name: str, folder: Path, count: int) -> tuple[float, float, np.ndarray]:
    """CPU seconds and peak MB of one program over some segments, and its answers."""
    out = folder / f"{name}.npy"
    told = subprocess.run(
        [sys.executable, __file__, "--run", name, str(folder), str(count), str(out)], cwd=ROOT,
        check=True, capture_output=True, text=True).stdout
    taken_s, peak_mb = (float(word) for word in told.split())
    return taken_s, peak_mb, np.load(out)


def run_one(name: str, folder: Path, count: int, out: Path) -> None:
    """Run one program; print its CPU seconds and its peak memory, MB."""
    lines = gpd.read_parquet(folder / "lines.parquet")[:count]
    RUNS[name](folder / "raster.tif", lines[:FEW])
    start = time.process_time()
    found = RUNS[name](folder / "raster.tif", lines)
    taken_s = time.process_time() - start
    np.save(out, found)
    # Not ru_maxrss: a process inherits its parent's.
    held = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    print(taken_s, int(held[1]) * 1024 / 1e6)


def measure_reading(raster: Path, lines: gpd.GeoDataFrame) -> tuple[float, int]:
    """CPU seconds to read every block that holds a vertex, and nothing else; how many."""
    with rasterio.open(raster) as source:
        height, width = source.block_shapes[0]
        turn = ~source.transform
        lon, lat = shapely.get_coordinates(lines.geometry.to_numpy()).T
        column, row = (turn.a * lon + turn.c).astype(int), (turn.e * lat + turn.f).astype(int)
        blocks = np.unique(np.column_stack([row // height, column // width]), axis=0)
        start = time.process_time()
        for down, across in blocks.tolist():
            source.read(1, window=Window(across * width, down * height,
                                         min(width, source.width - across * width),
                                         min(height, source.height - down * height)))
        return time.process_time() - start, len(blocks)


def bench_peer(
    name: str, folder: Path, ours: tuple[float, np.ndarray], *, reading_s: float
) -> None:
    """Print the ratio to one peer; exactextract's answers must be ours."""
    count = len(ours[1])
    taken_s, peak_mb, theirs = measure(name, folder, count // SHARE_OF_PEER[name])
    whole_s = taken_s * count / len(theirs)
    print(f"raster along {count:,} segments: {name} {whole_s:.1f} s ({taken_s:.1f} s for "
          f"{len(theirs):,} segments), {peak_mb:.0f} MB; ratio {whole_s / ours[0]:.1f} "
          f"(bar {BARS[name]:.0f}; {whole_s / reading_s:.1f} if all we did were to read)")
    if name == "exactextract":
        mine = ours[1][: len(theirs)]
        worst = np.nanmax(np.abs(theirs / mine - 1))
        print(f"raster along segments: greatest difference from exactextract {worst:.0e}")
        if worst > TOLERANCE or (np.isnan(theirs) != np.isnan(mine)).any():
            raise SystemExit("raster: the means are not exactextract's")


def main(arguments: list[str]) -> None:
    """Run all of it, or with ``--run`` one program in this process."""
    if arguments[:1] == ["--run"]:
        run_one(arguments[1], Path(arguments[2]), int(arguments[3]), Path(arguments[4]))
        return
    side, count = (int(word) for word in (*arguments, *map(str, SIZES[len(arguments):])))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_raster(folder / "raster.tif", side)
        make_segments(folder / "lines.parquet", 2 * count)
        ours_s, peak_mb, ours = measure("georisk", folder, count)
        reading_s, blocks = measure_reading(
            folder / "raster.tif", gpd.read_parquet(folder / "lines.parquet")[:count])
        print(f"raster of {side:,} x {side:,} along {count:,} segments: georisk {ours_s:.2f} s, "
              f"{peak_mb:.0f} MB (bar {MEMORY_BAR_MB:.0f}); reading the {blocks} touched blocks "
              f"alone {reading_s:.2f} s")
        twice_s, _, _ = measure("georisk", folder, 2 * count)
        print(f"raster, twice the segments: {twice_s / ours_s:.2f} times the CPU "
              f"(bar {GROWTH_BAR})")
        for peer in BARS:
            bench_peer(peer, folder, (ours_s, ours), reading_s=reading_s)


if __name__ == "__main__":
    main(sys.argv[1:])
