"""Memory of each worker, and what a layer adds to it, for 100,000 and a million features.

    PYTHONPATH=. python bench/serving/memory.py [features ...]

Resident (RSS), proportional (PSS: what is shared is divided among those who share it) and private
memory in MB of every worker, before anything was asked and after each question of `compare.py`
was. A server without the layer tells what the program itself takes. The CPU of an answer stands
beside it: it must not grow with the layer.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from asking import Line, Server
from compare import QUESTIONS, Party, ask, keep_results
from meter import read_cpu_s, read_memory_mb
from ours import list_workers, make_key, open_ours, publish_points

SIZES, WORKERS, TIMES = (1, 100_000, 1_000_000), (1, 2), 100


def measure_server(study: Path, workers: int) -> dict[str, object]:
    """Memory of each worker before and after it was asked, and CPU milliseconds by question."""
    with open_ours(study, headers=make_key(study), workers=workers) as server:
        before = [read_memory_mb(pid) for pid in list_workers(server, workers)]
        costs = ask_all(server, workers)
        minder = [] if workers == 1 else [read_memory_mb(server.pid)]
        after = [read_memory_mb(pid) for pid in list_workers(server, workers)]
    return {"before": before, "after": after, "minder": minder, "cpu_ms": costs}


def ask_all(server: Server, workers: int) -> dict[str, float]:
    """Ask every question on several connections, so that each worker answers."""
    costs = {}
    for question in QUESTIONS[:3]:
        before, asked = read_cpu_s(server.pid), 0
        for seed in range(4 * workers):
            party = Party(server, Line(server), (server.pid,), ours=True)
            queries = question.list_queries(TIMES, seed)
            ask(party, queries)
            asked += len(queries)
        costs[question.name] = (read_cpu_s(server.pid) - before) / asked * 1000
    return costs


def main() -> None:
    """Print the table and keep it."""
    sizes = [int(text) for text in sys.argv[1:]] or SIZES
    table: dict[str, object] = {}
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="georisk-bench-") as folder:
            study = publish_points(Path(folder), count)
            for workers in WORKERS:
                found = measure_server(study, workers)
                table[f"{count:,} features, {workers} workers"] = found
                for role in ("after", "minder"):
                    for process in found[role]:
                        told = ", ".join(f"{key} {value:.0f}" for key, value in process.items())
                        name = "worker" if role == "after" else "who minds them"
                        print(f"{count:>9,} features, {workers} workers, {name}: {told}",
                              flush=True)
                print("   ", ", ".join(f"{key} {value:.3g} ms"
                                       for key, value in found["cpu_ms"].items()))
    keep_results("serving, memory in MB of each worker", table)


if __name__ == "__main__":
    main()
