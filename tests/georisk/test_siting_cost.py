"""What all objectives together cost on the embedded study, in CPU seconds of one process."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MOST_S, TRIES, K = 10.0, 3, 10
ASK = f"""
import datetime as dt, time
from dataclasses import replace
from pathlib import Path
from georisk import Study
from georisk.siting.answers.contexts import make_request
from georisk.siting.objectives import OBJECTIVES
study = Study.open(Path("data/mesoamerica"), today=dt.date(2026, 1, 1))
for name in ("coverage", "segments"):
    study.layer(name)
study.value("route_intensity")
began = time.process_time()
posed = study.value("siting_scene")
request = make_request(study.settings())
for name in OBJECTIVES:
    answer = posed.ask(replace(request, objective=name, k={K}))
    print(name, answer.solution.status, len(answer.sites))
print("seconds", time.process_time() - began)
"""


def ask_all() -> tuple[float, dict[str, tuple[str, int]]]:
    """CPU seconds of scene and objectives, and each one's status and number of sites."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=env, check=True,
                         capture_output=True, text=True)
    *rows, last = [line.split() for line in run.stdout.splitlines()]
    return float(last[1]), {name: (status, int(count)) for name, status, count in rows}


@pytest.mark.campaign
def test_all_objectives_keep_their_bar() -> None:
    """The least of a few tries, the first of which may have to compile the loops."""
    spent: list[float] = []
    for _ in range(TRIES):
        spent_s, told = ask_all()
        spent.append(spent_s)
        assert {status for status, _ in told.values()} == {"optimal"}
        assert {count for name, (_, count) in told.items() if name != "needed"} == {K}
        if spent_s <= MOST_S:
            break
    assert min(spent) <= MOST_S, spent


def test_the_bench_runs_small() -> None:
    """A tenth of the size: the peer's objective, limits and clumps, without a bar of time."""
    where = ROOT / "bench" / "siting.py"
    spec = importlib.util.spec_from_file_location("bench_siting", where)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    for clumps in (0, 5):
        people, sites, weights, radius = bench.make_plane(200, 50, clumps=clumps)
        reach = bench.join_near(people, sites, radius)
        for limits in (bench.Limits(k=5), bench.Limits(cost=weights[:50], budget=150.0)):
            found = bench.solve_mclp(reach, weights, limits)
            assert found.status == "optimal"
            assert limits.allow(found.chosen)
