"""How a run comes to be: written aside, forced to disk, then switched to at once."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

from georisk.snapshot import CURRENT
from layers.layer import hash_file, hash_text
from layers.store import sync_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def write_aside(runs: Path, write: Callable[[Path, dt.datetime], str]) -> str:
    """Have a run written beside the others; nobody is led to it yet.

    Parameters
    ----------
    runs : Path
    write : callable
        Given an empty folder and the moment; writes all of the run, `seal_run` last, and returns
        its name.

    Returns
    -------
    str
        That name, for `switch_run`.
    """
    started = dt.datetime.now(tz=dt.UTC)
    work = runs / f".tmp-{os.getpid()}-{started:%H%M%S%f}"
    work.mkdir(mode=0o700)
    try:
        run_id = write(work, started)
        work.replace(runs / run_id)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    sync_file(runs)
    return run_id


def seal_run(manifest: dict[str, Any], work: Path) -> None:
    """Add the hash of every file, write the manifest and force all of the run to the disk."""
    manifest["files"] = {
        str(path.relative_to(work)): hash_file(path)
        for path in sorted(work.rglob("*")) if path.is_file()
    }
    (work / "manifest.json").write_text(dump_json(manifest), encoding="utf-8")
    for path in [*work.rglob("*"), work]:
        sync_file(path)


def name_run(runs: Path, started: dt.datetime, *rests_on: str) -> str:
    """Name a run by its moment, a second later where that is taken, and by what it rests on."""
    short = hash_text(*rests_on)[:8]
    moment = started
    while (runs / f"{moment:%Y%m%dT%H%M%SZ}-{short}").exists():
        moment += dt.timedelta(seconds=1)
    return f"{moment:%Y%m%dT%H%M%SZ}-{short}"


def switch_run(runs: Path, run_id: str) -> None:
    """Make a run the current one; whoever calls this holds the switch of the runs."""
    link = runs / f".current-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(run_id)
    link.replace(runs / CURRENT)
    sync_file(runs)


def sweep_runs(runs: Path) -> None:
    """Clear what crashes left; whoever calls this holds the lock and the switch of the runs."""
    for leftover in runs.glob(".tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    for leftover in runs.glob(".current-*"):
        leftover.unlink(missing_ok=True)


def dump_json(value: object) -> str:
    """Write JSON as every file of a run has it."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
