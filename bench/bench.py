"""What the parts cost beside their peers: CPU seconds in one run, answers checked to be equal.

    make bench

Prints ratios and writes ``bench/results.json``. These are CPU seconds of this process and its
children: wall time says little on a shared machine. Peers that need a server of their own, and
the bars for layers of a million rows, come with the parts that they measure.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from scipy import sparse

from georisk.siting.covering.solve import solve_mclp
from georisk.siting.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent


def measure_cpu_s(work: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of one call, and what it returned."""
    start = time.process_time()
    value = work()
    return time.process_time() - start, value


def measure_child_s(*arguments: str) -> float:
    """CPU seconds of one command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "api.cli", *arguments], cwd=ROOT, check=True,
                   capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bench_commands() -> dict[str, float]:
    """``--help``, and a whole run of the embedded study (once to warm the caches, then counted)."""
    with tempfile.TemporaryDirectory() as folder:
        runs = ["run", "--quiet", "-s", "data/mesoamerica", "--runs", folder]
        first = measure_child_s(*runs)
        return {"help_s": measure_child_s("--help"), "run_first_s": first,
                "run_again_s": measure_child_s(*runs)}


def bench_mclp(candidates: int = 300, demand: int = 1500, k: int = 10) -> dict[str, float]:
    """Maximal coverage beside spopt on one cost matrix; the same objective."""
    from pulp import HiGHS
    from spopt.locate import MCLP

    rng = np.random.default_rng(7)
    people, sites = rng.uniform(0, 1, (demand, 2)), rng.uniform(0, 1, (candidates, 2))
    cost = np.hypot(*(people[:, None] - sites[None]).transpose(2, 0, 1))
    radius = float(np.sqrt(20 / (np.pi * candidates)))
    weights = rng.integers(1, 100, demand).astype(float)

    def run_spopt() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = MCLP.from_cost_matrix(cost, weights, radius, p_facilities=k)
            model.solve(HiGHS(msg=False))
        return float(model.problem.objective.value())

    theirs_s, theirs = measure_cpu_s(run_spopt)
    reach = sparse.csr_matrix((cost <= radius).T)
    ours_s, ours = measure_cpu_s(lambda: solve_mclp(reach, weights, Limits(k=k), method="exact"))
    if abs(ours.objective - float(theirs)) > 1e-6:
        raise SystemExit(f"MCLP: {ours.objective} is not spopt's {theirs}")
    return {"spopt_s": theirs_s, "georisk_s": ours_s, "ratio": theirs_s / ours_s}


def bench_nearest(side: int = 220, places: int = 100) -> dict[str, float]:
    """Hours to the nearest of some places from every node: scipy as we use it, and networkx."""
    from scipy.sparse.csgraph import dijkstra

    rng = np.random.default_rng(7)
    node = np.arange(side * side).reshape(side, side)
    tail = np.r_[node[:, :-1].ravel(), node[:-1].ravel()]
    head = np.r_[node[:, 1:].ravel(), node[1:].ravel()]
    hours = rng.uniform(0.1, 1.0, len(tail))
    graph = sparse.csr_matrix((hours, (tail, head)), (side * side, side * side))
    graph = graph + graph.T
    sources = rng.choice(side * side, places, replace=False)
    ours_s, ours = measure_cpu_s(lambda: dijkstra(graph, indices=sources, min_only=True))
    network = nx.Graph()
    network.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), hours.tolist(), strict=True))
    theirs_s, theirs = measure_cpu_s(
        lambda: nx.multi_source_dijkstra_path_length(network, set(sources.tolist())))
    if not np.allclose(ours, [theirs[n] for n in range(side * side)]):
        raise SystemExit("nearest: the times differ")
    return {"networkx_s": theirs_s, "georisk_s": ours_s, "ratio": theirs_s / ours_s}


def main() -> None:
    """Run all of it."""
    results = {
        "commands": bench_commands(),
        "mclp 1,500 x 300, p = 10, against spopt": bench_mclp(),
        "nearest of 100 places from 48,400 nodes, against networkx": bench_nearest(),
    }
    for title, figures in results.items():
        told = ", ".join(f"{name} {value:.3g}" for name, value in figures.items())
        print(f"{title}: {told}")
    (ROOT / "bench" / "results.json").write_text(
        json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
