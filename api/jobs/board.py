"""The board of jobs: what was asked, by whom, how far it is; a folder that all workers read."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from api.errors import LimitedError
from layers.errors import NotShownError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.keys.holders import Holder

PREFIX = "sites-"
MOST_UNDER_WAY = 2
KEPT_HOURS = 24
SERVER_STOPPED = "The server stopped while it was under way."
_FILE, _RESULT = "job.json", "result"
_ENDED = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True)
class Job:
    """One question.

    Attributes
    ----------
    id : str
        Begins with `PREFIX`; it is the name of the collection that its points will be.
    holder : str
        Public part of the key that asked; empty is the planner's own machine.
    asked : dict
    state : {"running", "done", "failed", "cancelled"}
    created, ended : str
        UTC, to the second; ``ended`` is empty before.
    limit_s : int
    run_id : str
        Snapshot that was current when it was asked.
    message : str
        Why it failed, or what the command noted.
    """

    id: str
    holder: str
    asked: dict[str, Any]
    state: str
    created: str
    limit_s: int
    run_id: str
    ended: str = ""
    message: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in _ENDED


class Board:
    """Jobs of one study.

    Parameters
    ----------
    state : Path
        Folder of the study's state; jobs lie in ``jobs/``, readable by their owner alone.

    Notes
    -----
    A job is a folder with ``job.json``, replaced whole whenever its state changes, and the result
    folder that the command wrote. What is older than a day is found no more, and swept.
    """

    def __init__(self, state: Path) -> None:
        self._folder = state / "jobs"

    def add(self, asked: dict[str, Any], *, holder: Holder, limit_s: int, run_id: str) -> Job:
        """Put a job on the board.

        Raises
        ------
        LimitedError
            If as many as may be are under way already.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._hold():
            self._sweep()
            under_way = [job.holder for job in self._list() if not job.has_ended]
            if len(under_way) >= MOST_UNDER_WAY or (holder.key_id and holder.key_id in under_way):
                raise LimitedError("As many jobs as this server works on, or as a key may have, "
                                   "are under way.", retry_after_s=30)
            job = Job(f"{PREFIX}{secrets.token_hex(8)}", holder.key_id, asked, "running",
                      _read_now().isoformat(timespec="seconds"), limit_s, run_id)
            (self._folder / job.id).mkdir(mode=0o700)
            self.keep(job)
        return job

    def find(self, job_id: str, holder: Holder) -> Job:
        """Find a job by its id, for whoever asked it.

        Raises
        ------
        NotShownError
            If there is none, or somebody else asked it: the asker cannot tell which.
        """
        job = self.read(job_id)
        if job is None or job.holder != holder.key_id or holder.audience != "restricted":
            raise NotShownError(job_id)
        return job

    def read(self, job_id: str) -> Job | None:
        """Read a job; None if there is none by this id."""
        number = job_id.removeprefix(PREFIX)
        if not (job_id.startswith(PREFIX) and number.isalnum() and number.isascii()):
            return None
        with suppress(OSError, ValueError, TypeError):
            text = (self._folder / job_id / _FILE).read_text(encoding="utf-8")
            job = Job(**json.loads(text))
            return None if _is_old(job) else _judge(job)
        return None

    def keep(self, job: Job) -> None:
        """Write a job down, at once and whole."""
        path = self._folder / job.id / _FILE
        if not path.parent.is_dir():
            return
        aside = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}")
        aside.write_text(json.dumps(asdict(job)), encoding="utf-8")
        aside.replace(path)

    def end(self, job_id: str, state: str, message: str = "") -> Job | None:
        """Say how a job ended; one that has ended already stays as it is."""
        try:
            # Held, for who cancels a job and who works on it may end it at once.
            with self._hold():
                job = self.read(job_id)
                if job is None or job.has_ended:
                    return job
                ended = replace(job, state=state, message=message,
                                ended=_read_now().isoformat(timespec="seconds"))
                self.keep(ended)
                return ended
        except FileNotFoundError:  # all jobs were erased meanwhile
            return None

    def find_result(self, job: Job) -> Path:
        """Folder that the command writes into."""
        return self._folder / job.id / _RESULT

    def _list(self) -> Iterator[Job]:
        for path in sorted(self._folder.glob(f"{PREFIX}*")):
            job = self.read(path.name)
            if job is not None:
                yield job

    def clear(self) -> None:
        """Erase every job: what was worked out may rest on a record that is forgotten now."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def sweep(self) -> None:
        """Erase jobs of more than a day ago, and what is left of damaged ones."""
        # Held, for one that another worker is just adding has no file yet, and would look damaged.
        with suppress(OSError), self._hold():  # without a folder there is nothing to erase
            self._sweep()

    @contextmanager
    def _hold(self) -> Iterator[None]:
        """Keep other workers from adding, ending and sweeping."""
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _sweep(self) -> None:
        for path in self._folder.glob(f"{PREFIX}*"):
            if self.read(path.name) is None:
                shutil.rmtree(path, ignore_errors=True)


def _is_old(job: Job) -> bool:
    age = _read_now() - dt.datetime.fromisoformat(job.created)
    return age > dt.timedelta(hours=KEPT_HOURS)


def _judge(job: Job) -> Job:
    """Of a job that should have ended long ago, whoever worked on it is gone."""
    slack_s = 60
    until = dt.datetime.fromisoformat(job.created) + dt.timedelta(seconds=job.limit_s + slack_s)
    if job.has_ended or _read_now() < until:
        return job
    return replace(job, state="failed", message=SERVER_STOPPED)


def _read_now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)
