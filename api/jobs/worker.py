"""Working on a job: the command itself, in a process of its own that ends with its limit."""

from __future__ import annotations

import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.jobs.board import Board, Job

LOG = logging.getLogger("georisk.api")
_LOOK_EVERY_S = 0.2
_USER_FAULT = 2
MOST_BYTES = 8 * 1024**3


def start_job(board: Board, job: Job, options: Sequence[str], *, study: Path, runs: Path) -> None:
    """Start a job beside the server.

    Parameters
    ----------
    board : Board
        Where it is said how it ended, and where somebody may have cancelled it.
    job : Job
    options : sequence of str
        Of ``georisk site``.
    study, runs : Path
    """
    result = board.find_result(job)
    command = [
        sys.executable, "-m", "api.cli", "site", *options, "-s", str(study), "--runs", str(runs),
        "-o", str(result), "--purpose", "asked over the API", "--holder", job.holder, "--quiet",
    ]
    # A session of its own: whatever it starts ends with it. The limit on CPU time ends it even
    # if this server is gone.
    process = subprocess.Popen(  # noqa: S603 - options are words of a closed form
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True, text=True, errors="replace",
        preexec_fn=lambda: _limit(2 * job.limit_s),  # noqa: PLW1509 - it calls the system alone
    )
    threading.Thread(target=_watch, args=(board, job, process), name=job.id, daemon=True).start()


def _limit(cpu_s: int) -> None:
    for kind, most in ((resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_AS, MOST_BYTES)):
        _, allowed = resource.getrlimit(kind)
        # A service may be given less than we would give: more than that is refused.
        limit = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(kind, (limit, limit))


def _watch(board: Board, job: Job, process: subprocess.Popen[str]) -> None:
    """Write down how a job ended."""
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(_read_end(process)), daemon=True)
    reader.start()
    stopped = _wait(board, job, process)
    reader.join()
    if process.stderr is not None:
        process.stderr.close()
    code = process.returncode
    if stopped:
        board.end(job.id, "failed", stopped)
    elif code == 0:
        board.end(job.id, "done")
    elif code == _USER_FAULT:
        board.end(job.id, "failed", " ".join(said).strip().removeprefix("georisk: ")[:1000])
    elif not _has_ended(board, job):  # not by who cancelled it: a fault, or the system's limits
        LOG.error("a job ended with code %d", code)
        board.end(job.id, "failed", "Our fault; the server's operator finds more in its log.")


def _has_ended(board: Board, job: Job) -> bool:
    now = board.read(job.id)
    return now is None or now.has_ended


def _wait(board: Board, job: Job, process: subprocess.Popen[str]) -> str:
    """Wait for the end, the limit, or somebody who cancels; why it was stopped by the limit."""
    until_s = time.monotonic() + job.limit_s
    while process.poll() is None:
        if _has_ended(board, job):
            _kill(process)
        elif time.monotonic() > until_s:
            _kill(process)
            return (f"Not ended within {job.limit_s} s; ask for fewer points, or with method "
                    "greedy, or raise limit_s.")
        time.sleep(_LOOK_EVERY_S)
    return ""


def _read_end(process: subprocess.Popen[str]) -> str:
    """Last of what the command said; earlier words are let go."""
    said = ""
    for line in process.stderr or ():
        said = (said + line)[-4000:]
    return said


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
