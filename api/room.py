"""The room behind the door: one opened snapshot and what is prepared of it to answer quickly."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import shapely

from layers.errors import BrokenError, NotShownError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import pandas as pd
    from numpy.typing import NDArray

    from georisk.doors import Door
    from layers.geojson import Features
    from layers.spec import LayerSpec

Made = TypeVar("Made")
# Columns that say when the row itself happened; `last_verified` and its like say when somebody
# looked, and are no time of the feature.
TIME_COLUMNS = {"date": "date", "month": "month"}


@dataclass(frozen=True)
class Shapes:
    """Geometries of a layer, indexed; ``loose`` are the rows that have none."""

    tree: shapely.STRtree
    loose: NDArray[np.intp]


@dataclass(frozen=True)
class Times:
    """When each row begins and ends, in seconds (UTC); NaT where it is not known."""

    begins: NDArray[np.datetime64]
    ends: NDArray[np.datetime64]


class Room:
    """One opened door, and what was made of it so far.

    A request keeps one room throughout; a new snapshot or a new day gets a new one, so nothing
    made here is ever outdated.

    Attributes
    ----------
    door : Door
    collections : tuple of str
        Names of the vector and table layers shown, sorted.

    Raises
    ------
    BrokenError
        If prepared features are out of order.
    """

    def __init__(self, door: Door) -> None:
        self.door = door
        self.collections = tuple(
            name for name in sorted(door.names()) if door.spec(name).kind != "raster"
        )
        self._known = frozenset(self.collections)
        self._features = {name: _take_features(door, name) for name in self.collections}
        self._made: dict[Hashable, object] = {}
        self._locks: dict[Hashable, Lock] = {}

    def features(self, name: str) -> Features:
        """Return the prepared features of a collection.

        Raises
        ------
        NotShownError
            If there is none by this name, for whatever reason: the asker cannot tell which.
        """
        if name not in self._known:
            raise NotShownError(name)
        return self._features[name]

    def spec(self, name: str) -> LayerSpec:
        """Return the description of a collection, as shown."""
        self.features(name)
        return self.door.spec(name)

    def frame(self, name: str) -> pd.DataFrame:
        """Return the rows of a collection, as shown."""
        self.features(name)
        return self.door.layer(name).frame

    def make(self, key: Hashable, build: Callable[[], Made]) -> Made:
        """Return what was made under a key, making it once.

        Each key has its own lock, so that nobody waits for a map who asked for a page.
        """
        if key not in self._made:
            with self._locks.setdefault(key, Lock()):
                if key not in self._made:
                    self._made[key] = build()
        return cast("Made", self._made[key])

    def shapes(self, name: str) -> Shapes | None:
        """Return the indexed geometries of a collection; None for a table."""
        return self.make(("shapes", name), lambda: _index_shapes(self, name))

    def times(self, name: str) -> Times | None:
        """Return when the rows of a collection happened; None if it has no time."""
        return self.make(("times", name), lambda: _read_times(self, name))


def find_time_column(spec: LayerSpec) -> str | None:
    """Return the column that says when a row happened.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> find_time_column(find_spec("activity")), find_time_column(find_spec("routes"))
    ('month', None)
    """
    for name, dtype in TIME_COLUMNS.items():
        if name in spec.columns and spec.columns[name].dtype == dtype:
            return name
    return None


def _take_features(door: Door, name: str) -> Features:
    """Take prepared features, if a page can be found in them by the id before it."""
    features = door.features(name)
    if any(first >= second for first, second in pairwise(features.ids)):
        raise BrokenError(f"{name}: prepared ids are not sorted; pages would lose rows")
    return features


def _index_shapes(room: Room, name: str) -> Shapes | None:
    if room.spec(name).geometry == "none":
        return None
    frame = room.frame(name)
    if tuple(frame.index) != tuple(room.features(name).ids):
        raise BrokenError(f"{name}: prepared features and rows differ; publish the snapshot again")
    geometry = np.asarray(frame["geometry"].to_numpy(), dtype=object)
    loose = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    return Shapes(shapely.STRtree(geometry), np.flatnonzero(loose))


def _read_times(room: Room, name: str) -> Times | None:
    column = find_time_column(room.spec(name))
    if column is None:
        return None
    values = room.frame(name)[column]
    if TIME_COLUMNS[column] == "date":
        begins = values.to_numpy(dtype="datetime64[s]").astype("datetime64[D]")
    else:
        text = values.astype(object).where(values.notna(), "NaT").to_numpy(dtype=str)
        begins = text.astype("datetime64[M]")
    # One more of its own unit: the next day, or the next month however long this one is.
    ends = (begins + 1).astype("datetime64[s]") - np.timedelta64(1, "s")
    return Times(begins.astype("datetime64[s]"), ends)
