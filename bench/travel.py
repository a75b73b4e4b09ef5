"""What travel times cost beside networkx and scikit-image: CPU seconds, memory, equal answers.

    python bench/travel.py [nodes]

An invented street grid with slopes, dead ends and 500 services, 500,000 nodes unless told
otherwise: hours from every node to the nearest service, on foot uphill and down; networkx's
multi-source search on the same directed edges, each in a process of its own; then the same with
twice the nodes. Then a travel-time surface of 1,000 x 1,000 cells from 200 sources, level (where
scikit-image is installed, its MCP_Geometric on the same ground) and with Tobler's slopes.
Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import numpy as np

NODES, SERVICES, SIDE, SOURCES = 500_000, 500, 1000, 200
BAR, MEMORY_BAR, GROWTH_BAR = 15.0, 3.0, 2.2
SURFACE_BAR_S, SLOPES_BAR_S = 0.64, 0.95
_TOBLER = (6.0, 0.05, 3.5)


def make_edges(nodes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Tail, head, km and rise of an invented street grid; a tenth of the blocks are missing."""
    rng = np.random.default_rng(5)
    side = int(np.sqrt(nodes))
    node = np.arange(side * side).reshape(side, side)
    pairs = np.vstack([np.column_stack([node[:, :-1].ravel(), node[:, 1:].ravel()]),
                       np.column_stack([node[:-1].ravel(), node[1:].ravel()])])
    pairs = pairs[rng.random(len(pairs)) < 0.9]
    height = np.cumsum(rng.normal(0, 10, side * side)) % 400
    return (pairs[:, 0], pairs[:, 1], rng.uniform(0.05, 0.3, len(pairs)),
            np.clip(height[pairs[:, 1]] - height[pairs[:, 0]], -30, 30))


def make_services(nodes: int) -> np.ndarray:
    size = int(np.sqrt(nodes)) ** 2
    return np.sort(np.random.default_rng(6).choice(size, SERVICES, replace=False))


def time_both(km: np.ndarray, rise_m: np.ndarray) -> np.ndarray:
    """Hours on foot along each edge as drawn, and against it."""
    top, gentle, steep = _TOBLER
    slope = rise_m / (km * 1000.0)
    return np.column_stack([km / (top * np.exp(-steep * np.abs(sign * slope + gentle)))
                            for sign in (1, -1)])


def run_ours(nodes: int) -> dict[str, object]:
    from georisk.network import Access, Network
    from georisk.routing import build_graph, find_nearest
    from georisk.ways.edges import ROAD, Joins, Ways

    tail, head, km, rise_m = make_edges(nodes)
    services, base = make_services(nodes), _peak_mb()
    size = int(np.sqrt(nodes)) ** 2
    nothing, here = np.empty(0, np.int64), np.empty(0, bool)
    one = np.zeros(1, bool)
    ways = Ways(("w",), np.zeros(size), np.zeros(size), tail, head, np.zeros(len(km), np.int64),
                km, rise_m, np.array([ROAD]), np.array(["road"]), ~one, one, one, one,
                np.full(1, np.nan), np.empty(0, object))
    count = len(services)
    access = Access(np.arange(count), services, np.full(count, -1), np.zeros(count),
                    np.ones(count, bool), np.ones(count, bool))
    network = Network((), (), np.zeros(size), np.zeros(size), nothing, nothing, nothing, nothing,
                      np.empty(0), np.empty(0), np.empty((0, 2), np.int64),
                      np.empty((0, 2), np.int64), 0, tuple(f"p{n:03d}" for n in range(count)),
                      access, ways=ways, joins=Joins(nothing, nothing, np.empty(0), here, here))
    start = time.process_time()
    graph = build_graph(network, np.empty((0, 2)), along=nothing, measure="walk",
                        access_speed_kmh=3.0, ways_h=time_both(km, rise_m))
    built = time.process_time() - start
    start = time.process_time()
    hours = find_nearest(graph, np.arange(count))
    searched = time.process_time() - start
    return {"build_s": built, "search_s": searched, "mb": _peak_mb() - base,
            "sum_h": float(hours[np.isfinite(hours)].sum()),
            "reached": int(np.isfinite(hours).sum()),
            "sample": hours[:: max(1, size // 500)].tolist()}


def run_networkx(nodes: int) -> dict[str, object]:
    import networkx as nx

    tail, head, km, rise_m = make_edges(nodes)
    services, base = make_services(nodes), _peak_mb()
    start = time.process_time()
    both = time_both(km, rise_m)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(int(np.sqrt(nodes)) ** 2))
    # Turned round: hours *to* the nearest service.
    graph.add_weighted_edges_from(zip(head.tolist(), tail.tolist(), both[:, 0].tolist(),
                                      strict=True))
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), both[:, 1].tolist(),
                                      strict=True))
    built = time.process_time() - start
    start = time.process_time()
    found = nx.multi_source_dijkstra_path_length(graph, set(services.tolist()))
    searched = time.process_time() - start
    size = len(graph)
    sample = [found.get(n, np.inf) for n in range(0, size, max(1, size // 500))]
    return {"build_s": built, "search_s": searched, "mb": _peak_mb() - base,
            "sum_h": float(sum(found.values())), "reached": len(found), "sample": sample}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_apart(what: str, nodes: int, *, times: int) -> dict[str, object]:
    """Least of some runs, each in a process of its own: others work on the machine too."""
    return min((_run_apart(what, nodes) for _ in range(times)), key=total)


def total(of: dict[str, object]) -> float:
    return float(of["build_s"]) + float(of["search_s"])  # type: ignore[arg-type]


def _run_apart(what: str, nodes: int) -> dict[str, object]:
    done = subprocess.run([sys.executable, __file__, what, str(nodes)], capture_output=True,
                          text=True, check=True)
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def time_surfaces() -> list[tuple[str, float, float]]:
    """What was computed, CPU seconds, bar."""
    from georisk.friction.grid import Grid
    from georisk.friction.search import spread_time

    rng = np.random.default_rng(7)
    slow = rng.uniform(1, 2.1, (SIDE, SIDE))
    hills = np.cumsum(rng.normal(0, 20, (SIDE, SIDE)), axis=1)
    at = rng.integers(0, SIDE, SOURCES), rng.integers(0, SIDE, SOURCES)
    nothing = np.empty((0, SIDE, SIDE))
    small = Grid(slow[:9, :9], hills[:9, :9], np.empty((0, 9, 9)), (0.1, 0.1))
    spread_time(small, np.array([0]), np.array([0]))  # compiled before it is measured
    taken = []
    for name, height, sides, bar in (
        ("level, 8 neighbours", np.zeros((SIDE, SIDE)), 8, SURFACE_BAR_S),
        ("slopes, 8 neighbours", hills, 8, SLOPES_BAR_S),
        ("slopes, 16 neighbours", hills, 16, np.inf),
    ):
        grid = Grid(slow, height, nothing, (0.1, 0.1))
        runs = []
        for _ in range(3):
            start = time.process_time()
            spread_time(grid, *at, sides=sides)
            runs.append(time.process_time() - start)
        taken.append((name, min(runs), bar))
    return taken


def time_peer() -> float | None:
    """CPU seconds of scikit-image's MCP_Geometric on the same level ground; None without it."""
    try:
        from skimage.graph import MCP_Geometric
    except ImportError:
        return None
    rng = np.random.default_rng(7)
    slow = rng.uniform(1, 2.1, (SIDE, SIDE))
    at = rng.integers(0, SIDE, SOURCES), rng.integers(0, SIDE, SOURCES)
    start = time.process_time()
    MCP_Geometric(slow).find_costs(list(zip(*at, strict=True)))
    return time.process_time() - start


def main() -> int:
    nodes = int(sys.argv[1]) if len(sys.argv) > 1 else NODES
    ours, theirs, twice = (run_apart("ours", nodes, times=5), run_apart("networkx", nodes, times=2),
                           run_apart("ours", 2 * nodes, times=5))
    np.testing.assert_allclose(ours["sample"], theirs["sample"], atol=1e-8)
    np.testing.assert_allclose(ours["sum_h"], theirs["sum_h"], rtol=1e-9)
    np.testing.assert_equal(ours["reached"], theirs["reached"])
    verdicts = [
        ("nearest service, search", float(theirs["search_s"]) / float(ours["search_s"]), BAR, True),
        ("nearest service, with building the graph", total(theirs) / total(ours), BAR, True),
        ("memory", float(theirs["mb"]) / float(ours["mb"]), MEMORY_BAR, True),
        ("twice the nodes, time", total(twice) / total(ours), GROWTH_BAR, False),
    ]
    for name, of in (("ours", ours), ("networkx", theirs), ("ours, twice the nodes", twice)):
        print(f"{name}: build {of['build_s']:.2f} s, search {of['search_s']:.2f} s, "
              f"{of['mb']:.0f} MB more at peak")
    print(f"{nodes:,} nodes, {SERVICES} services: answers equal ({ours['reached']:,} reached)")
    fails = 0
    for name, ratio, bar, least in verdicts:
        good = ratio >= bar if least else ratio <= bar
        fails += not good
        print(f"{name}: {ratio:.1f} x, bar {bar:g} {'at least' if least else 'at most'}: "
              f"{'met' if good else 'MISSED'}")
    peer = time_peer()
    for name, seconds, bar in time_surfaces():
        good = seconds <= bar
        told = f", bar {bar:g} s: {'met' if good else 'missed'}" if np.isfinite(bar) else ""
        print(f"surface {SIDE} x {SIDE}, {SOURCES} sources, {name}: {seconds:.2f} s{told}")
    print("scikit-image is not installed" if peer is None else
          f"scikit-image MCP_Geometric, level, 8 neighbours: {peer:.2f} s")
    return min(fails, 1)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        work = run_ours if sys.argv[1] == "ours" else run_networkx
        print(json.dumps(work(int(sys.argv[2]))))
    else:
        sys.exit(main())
