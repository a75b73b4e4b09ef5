"""Working on a job: the command itself, in a process of its own that ends with its limit."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from api.jobs.board import SERVER_STOPPED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.jobs.board import Board, Job

LOG = logging.getLogger("georisk.api")
_LOOK_EVERY_S = 0.2
_STOP_WITHIN_S = 10
_USER_FAULT = 2


class Crew:
    """Works on the jobs that one server was asked for, and takes them along when it stops."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._watchers: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(
        self, board: Board, job: Job, options: Sequence[str], *, study: Path, runs: Path
    ) -> None:
        """Start a job beside the server.

        Parameters
        ----------
        board : Board
            Where it is said how it ended, and where somebody may have cancelled it.
        job : Job
        options : sequence of str
            Of ``georisk site``.
        study, runs : Path

        Raises
        ------
        OSError, SubprocessError
            If no process can be started.
        """
        command = [
            sys.executable, "-m", "api.jobs.child", str(2 * job.limit_s), "site", *options,
            "-s", str(study), "--runs", str(runs), "-o", str(board.find_result(job)),
            "--purpose", "asked over the API", "--holder", job.holder, "--quiet",
        ]
        # A session of its own: whatever it starts ends with it. The limit on CPU time, which it
        # sets itself, ends it even if this server was killed.
        process = subprocess.Popen(  # noqa: S603 - options are words of a closed form
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True, text=True, errors="replace",
        )
        watcher = threading.Thread(target=_watch, args=(board, job, process, self._stopping),
                                   name=job.id, daemon=True)
        watcher.start()
        with self._lock:
            self._watchers = [it for it in self._watchers if it.is_alive()] + [watcher]

    def stop(self) -> None:
        """End what is under way, and wait until that is written down."""
        self._stopping.set()
        with self._lock:
            watchers = self._watchers
        for watcher in watchers:
            watcher.join(_STOP_WITHIN_S)


def _watch(
    board: Board, job: Job, process: subprocess.Popen[str], stopping: threading.Event
) -> None:
    """Write down how a job ended."""
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(_read_end(process)), daemon=True)
    reader.start()
    stopped = _wait(board, job, process, stopping)
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


def _wait(
    board: Board, job: Job, process: subprocess.Popen[str], stopping: threading.Event
) -> str:
    """Wait for the end or somebody who cancels; why it was stopped otherwise, else empty."""
    until_s = time.monotonic() + job.limit_s
    while process.poll() is None:
        if _has_ended(board, job):
            _kill(process)
        elif stopping.is_set():
            _kill(process)
            return SERVER_STOPPED
        elif time.monotonic() > until_s:
            _kill(process)
            return (f"Not ended within {job.limit_s} s; ask for fewer points, or with method "
                    "greedy, or raise limit_s.")
        stopping.wait(_LOOK_EVERY_S)
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
