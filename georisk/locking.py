"""Who may work in a folder: one long command at a time, and one that switches runs."""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 30.0
_LOOK_EVERY_S = 0.05


@contextmanager
def hold_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a long command: a run, an import, an erasure.

    Raises
    ------
    CallError
        If another command holds it.
    """
    with _hold(folder, ".lock", patience_s=0.0):
        yield


@contextmanager
def hold_switch(runs: Path) -> Iterator[None]:
    """Hold what is needed to decide which run is current: for seconds, also beside a long run.

    Who needs `hold_lock` too takes that one first, so that no two wait for each other.

    Raises
    ------
    CallError
        If others hold it for longer than anybody should.
    """
    with _hold(runs, ".switch", patience_s=PATIENCE_S):
        yield


@contextmanager
def _hold(folder: Path, name: str, *, patience_s: float) -> Iterator[None]:
    """Make the folder where it is missing, readable by its owner alone, and lock a file of it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    until_s = time.monotonic() + patience_s
    with (folder / name).open("w") as handle:
        while not _try_lock(handle.fileno()):
            if time.monotonic() >= until_s:
                raise CallError(
                    f"another georisk command is at work in {folder}: wait for it to end")
            time.sleep(_LOOK_EVERY_S)
        yield


def _try_lock(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
