"""`kill -9` at any moment of a run: ``current`` always opens and is whole."""

from __future__ import annotations

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import grid_study
import pytest
from surroundings import CAMPAIGN, ROOT

from georisk.snapshot import Snapshot

TRIES = 20 if CAMPAIGN else 5


def start_run(folder, runs):
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli", "run", "--quiet", "-s", str(folder), "--runs", str(runs)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )


def test_current_survives_kills(tmp_path):
    grid_study.write_grid_study(tmp_path / "study")
    runs = tmp_path / "runs"
    started = time.monotonic()
    process = start_run(tmp_path / "study", runs)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    whole = time.monotonic() - started
    first = Snapshot.open(runs).path
    moments = random.Random(20_241_122)
    killed = 0
    for _ in range(TRIES):
        process = start_run(tmp_path / "study", runs)
        time.sleep(moments.uniform(0.2, 1.0) * whole)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate(timeout=60)
        snapshot = Snapshot.open(runs)
        assert snapshot.find_damage() == []
    assert killed > 0
    process = start_run(tmp_path / "study", runs)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    assert Snapshot.open(runs).path != first
    assert not list(runs.glob(".tmp-*"))
    assert not list(runs.glob(".current-*"))


@pytest.mark.parametrize("moment", ["before the folder is renamed", "before the link is switched"])
def test_a_crash_between_two_steps_leaves_the_last_snapshot(tmp_path, monkeypatch, moment):
    import datetime as dt

    from georisk import publishing as module
    from georisk.study import Study

    grid_study.write_grid_study(tmp_path / "study")
    runs = tmp_path / "runs"
    study = Study.open(tmp_path / "study", today=dt.date(2025, 1, 15))
    before = module.publish(study, runs).path

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    if moment.startswith("before the folder"):
        monkeypatch.setattr(pathlib.Path, "replace", crash)
    else:
        monkeypatch.setattr(module, "switch_run", crash)
    with pytest.raises(Crash):
        module.publish(study, runs)
    monkeypatch.undo()
    assert Snapshot.open(runs).path == before
    assert Snapshot.open(runs).find_damage() == []
    assert module.publish(study, runs).path != before
