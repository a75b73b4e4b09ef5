"""One command at a time in a folder: a run, an import, an erasure."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def hold_lock(runs: Path) -> Iterator[None]:
    """Make the folder where it is missing, readable by its owner alone, and hold its lock.

    Raises
    ------
    CallError
        If another command holds it.
    """
    runs.mkdir(parents=True, exist_ok=True, mode=0o700)
    runs.chmod(0o700)
    with (runs / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CallError(
                f"another georisk command is at work in {runs}: wait for it to end") from error
        yield
