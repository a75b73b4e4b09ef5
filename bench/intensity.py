"""What kernels cost beside their peers: CPU seconds in one run, answers checked to be equal.

    python bench/intensity.py [incidents [samples]]

One million invented incidents, half along corridors, over 4,000 x 3,000 km, read at 100,000
samples unless told otherwise, by what the product sums kernels on segments with
(`georisk.fitting.line_crowds`): everything from positions to density. Beside it scikit-learn's
KernelDensity (k-d tree, rtol=1e-8, or as careless as the bar's error allows: rtol=1e-3 and
atol=1e-3 of the floor, a hundredth of the mean density), the building of its tree left out; then
twice the incidents and twice the samples; then the kernel on a network. scikit-learn is measured
on a tenth of the samples and its time taken ten times.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from georisk.fitting.line_crowds import CrowdedLines
from georisk.fitting.line_kernels import CUT_SIGMAS
from georisk.fitting.lines import LineSupport
from georisk.intensity import RouteSegments
from georisk.kernels.lixels import build_lixels
from georisk.kernels.network import build_network_kernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.crs import FloatArray

SIZES = (1_000_000, 100_000)
SIDES_KM = np.array([4000.0, 3000.0])
WIDTHS_KM = (15.0, 5.0)
BAR, GROWTH_BAR, ERROR_BAR = 100.0, 2.2, 1e-3
FLOOR_SHARE = 0.01
SHARE_OF_PEER = 10
CORRIDORS = 60


def measure_cpu_s(work: Callable[[], FloatArray], *, times: int = 1) -> tuple[float, FloatArray]:
    """Least CPU seconds of some calls, all threads, and what the last returned."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        value = work()
        taken.append(time.process_time() - start)
    return min(taken), value


def make_points(count: int, seed: int) -> FloatArray:
    """Invented positions, km: half along straight corridors, half anywhere."""
    rng = np.random.default_rng(7)
    ends = rng.uniform(0, 1, (CORRIDORS, 2, 2)) * SIDES_KM
    rng = np.random.default_rng(seed)
    anywhere = rng.uniform(0, 1, (count - count // 2, 2)) * SIDES_KM
    start, end = ends[rng.integers(0, CORRIDORS, count // 2)].transpose(1, 0, 2)
    along = start + (end - start) * rng.uniform(0, 1, (count // 2, 1))
    return np.vstack([anywhere, along + rng.normal(0, 8, along.shape)])


def sum_ours(at_km: FloatArray, from_km: FloatArray, *, width_km: float) -> FloatArray:
    """Density at the middles of so many segments, per km2."""
    count, many = len(from_km), len(at_km)
    segments = RouteSegments(np.arange(many), at_km, np.ones(many), np.empty(many, object))
    crowd = CrowdedLines(LineSupport(segments, np.arange(many)), from_km, np.zeros(count),
                         (width_km,), np.zeros(count, np.intp))
    return crowd.put_gaussians(0, np.ones((count, 1)))[:, 0]


def bench_sklearn(at_km: FloatArray, from_km: FloatArray) -> None:
    """Print the ratio to scikit-learn's tree: nearly exact, and as careless as the bar allows."""
    floor = FLOOR_SHARE * len(from_km) / float(SIDES_KM.prod())
    for width_km in WIDTHS_KM:
        theirs, exact = run_sklearn(at_km, from_km, width_km=width_km, floor=floor)
        ours_s, ours = measure_cpu_s(
            lambda h=width_km: sum_ours(at_km, from_km, width_km=h), times=3)
        off = np.abs(ours[::SHARE_OF_PEER] - exact)
        print(f"kernel, {len(from_km):,} incidents at {len(at_km):,} samples, {width_km:g} km "
              f"cut at {CUT_SIGMAS:g} widths: georisk {ours_s:.2f} s, "
              + ", ".join(f"ratio {taken_s / ours_s:.0f} to scikit-learn {title}"
                          for title, taken_s in theirs.items())
              + f" (bar {BAR:.0f}); error {np.max(off / np.maximum(exact, floor)):.1e} of "
              f"max(f, floor) (bar {ERROR_BAR:g}), {off.sum() / exact.sum():.1e} of all")


def run_sklearn(
    at_km: FloatArray, from_km: FloatArray, *, width_km: float, floor: float
) -> tuple[dict[str, float], FloatArray]:
    """CPU seconds of scikit-learn for all samples by setting, and the exact density of some."""
    from sklearn.neighbors import KernelDensity

    count, some = len(from_km), at_km[::SHARE_OF_PEER]
    # As it comes it prunes nothing, and would take an hour.
    settings = {"rtol=1e-8": {"rtol": 1e-8},
                "rtol=1e-3": {"rtol": ERROR_BAR, "atol": ERROR_BAR * floor / count}}
    taken, densities = {}, []
    for title, options in settings.items():
        model = KernelDensity(bandwidth=width_km, **options).fit(from_km)
        taken_s, density = measure_cpu_s(lambda m=model: count * np.exp(m.score_samples(some)))
        taken[title] = taken_s * len(at_km) / len(some)
        densities.append(density)
        print(f"kernel, {width_km:g} km: scikit-learn {title} {taken[title]:.1f} s "
              f"(a tenth of the samples, scaled; the tree's building left out), error "
              f"{measure_error(density, densities[0], floor):.0e}")
    return taken, densities[0]


def measure_error(density: FloatArray, exact: FloatArray, floor: float) -> float:
    return float(np.max(np.abs(density - exact) / np.maximum(exact, floor)))


def bench_growth(incidents: int, samples: int) -> None:
    """Print what twice the incidents, and twice the samples, cost."""
    for width_km in WIDTHS_KM:
        taken = []
        for many, at in ((incidents, samples), (2 * incidents, samples), (incidents, 2 * samples)):
            from_km, at_km = make_points(many, 1), make_points(at, 2)
            taken.append(measure_cpu_s(
                lambda a=at_km, f=from_km, h=width_km: sum_ours(a, f, width_km=h), times=3)[0])
        print(f"kernel, {width_km:g} km: twice the incidents {taken[1] / taken[0]:.2f} times the "
              f"CPU, twice the samples {taken[2] / taken[0]:.2f} (bar {GROWTH_BAR})")


def make_network(segments: int, corridors: int = 40) -> tuple[FloatArray, FloatArray]:
    """Nodes of the ends of invented 1 km segments: corridors that cross here and there."""
    rng = np.random.default_rng(5)
    per = segments // corridors
    node = np.arange(corridors * (per + 1)).reshape(corridors, per + 1)
    for nth in range(1, corridors):
        node[nth, rng.integers(0, per + 1, 3)] = rng.integers(0, nth * (per + 1), 3)
    return node[:, :-1].ravel(), node[:, 1:].ravel()


def bench_network(incidents: int = 3000) -> None:
    """Print what the network kernel costs, and how exactly it keeps the mass."""
    rng = np.random.default_rng(6)
    width_km = np.clip(rng.lognormal(0, 0.7, incidents), 0.3, 4.0) * 5.0
    for segments in (2400, 12_000):
        start, end = make_network(segments)
        length_km = rng.uniform(0.8, 1.2, len(start))
        segment, share = rng.integers(0, len(start), incidents), rng.uniform(0, 1, incidents)
        network = build_lixels(start, end, length_km, lixel_km=1.0)
        taken_s, kernel = measure_cpu_s(
            lambda n=network, s=segment, a=share: build_network_kernel(n, s, a, width_km), times=2)
        lost = np.abs(kernel.T @ length_km - 1).max()
        print(f"network kernel, {len(start):,} segments, {len(network.lixel_km):,} lixels, "
              f"{incidents:,} incidents: {taken_s:.2f} s, mass kept to {lost:.0e}")


def main(arguments: list[str]) -> None:
    """Run all of it."""
    incidents, samples = (int(word) for word in (*arguments, *map(str, SIZES[len(arguments):])))
    from_km, at_km = make_points(incidents, 1), make_points(samples, 2)
    cold_s, _ = measure_cpu_s(lambda: sum_ours(at_km[:10], from_km[:10], width_km=WIDTHS_KM[0]))
    print(f"kernel, first call: {cold_s:.2f} s (compiles where nothing is kept on disk)")
    bench_sklearn(at_km, from_km)
    bench_growth(incidents, samples)
    bench_network()


if __name__ == "__main__":
    main(sys.argv[1:])
