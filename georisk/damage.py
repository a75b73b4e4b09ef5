"""A published run that can no longer be read: said in one sentence, not in a traceback."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shapely.errors import ShapelyError

from layers.errors import GeoriskError, NoSnapshotError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEEDED = ("run_id", "study", "version", "as_of", "files", "provenance", "corridors",
           "headline_direction", "synthetic")


@contextmanager
def tell_damage(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file raises into an answer that says what to do.

    Raises
    ------
    NoSnapshotError
        Naming the run's folder and the command that makes a new one.

    Examples
    --------
    >>> from pathlib import Path
    >>> try:
    ...     with tell_damage(Path("runs/r1")):
    ...         raise ValueError("not JSON")
    ... except NoSnapshotError as error:
    ...     print(error)
    the snapshot r1 is damaged: run `georisk run` again
    """
    try:
        yield
    except GeoriskError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ShapelyError) as error:
        raise NoSnapshotError(
            f"the snapshot {path.name} is damaged: run `georisk run` again") from error


def check_manifest(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest that holds what every reader needs.

    Raises
    ------
    KeyError
        If a key is missing.
    """
    for key in _NEEDED:
        manifest[key]
    return manifest
