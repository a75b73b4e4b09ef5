"""Our own server, published and started as anybody would, and asked with a key."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from asking import Server, find_port, wait_for
from meter import list_tree, read_memory_mb
from points import LAYER, make_points, write_study

from api.keys.key import MOST_RATE_PER_MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent.parent


def call_georisk(*arguments: object) -> str:
    """Run one command in a process of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, arguments)], cwd=ROOT, text=True,
        capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    if done.returncode:
        raise RuntimeError(f"georisk {arguments[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def publish_points(folder: Path, count: int) -> Path:
    """Publish a study of some points; return the study."""
    study = write_study(make_points(count), folder / "study").parent
    call_georisk("run", "--quiet", "-s", study)
    return study


def make_key(study: Path) -> dict[str, str]:
    """Make a restricted key; return the header that shows it."""
    token = call_georisk("key", "create", "--audience", "restricted", "--holder", "bench",
                         "--rate", MOST_RATE_PER_MINUTE, "-s", study, "--quiet").strip()
    return {"X-API-Key": token}


@contextmanager
def open_ours(study: Path, *, headers: Mapping[str, str], workers: int = 1) -> Iterator[Server]:
    """`georisk serve`, stopped afterwards. Its log goes to a file, as in earnest."""
    port = find_port()
    arguments = ["serve", "-s", study, "--port", port, "--workers", workers]
    with (study / "serve.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", *map(str, arguments)], cwd=ROOT, stdout=log,
            stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            yield wait_for(Server("georisk", f"http://127.0.0.1:{port}", process.pid,
                                  items=f"/collections/{LAYER}/items", headers=headers))
        finally:
            process.terminate()
            process.wait(30)


def list_workers(server: Server, workers: int) -> list[int]:
    """Processes that answer: the one there is, or the largest of those that it started."""
    if workers == 1:
        return [server.pid]
    held = {pid: read_memory_mb(pid)["rss_mb"] for pid in list_tree(server.pid)[1:]}
    return sorted(sorted(held, key=lambda pid: held[pid])[-workers:])

