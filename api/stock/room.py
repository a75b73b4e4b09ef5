"""The room behind the door: one opened snapshot and what is prepared of it to answer quickly."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import pyarrow as pa

from api.stock.parts import split_layer
from layers.errors import NotShownError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import pandas as pd
    from numpy.typing import NDArray

    from georisk.doors import Door
    from layers.served import Served
    from layers.spec import LayerSpec

Made = TypeVar("Made")
# Columns that say when the row itself happened; `last_verified` and its like say when somebody
# looked, and are no time of the feature.
TIME_COLUMNS = {"date": ("date", "datetime"), "month": ("month",), "datetime": ("datetime",)}
_RECENT = 64
_RECENT_BYTES = 32_000_000
# A room (the result of a job) keeps tiles and answers of its own: so few are kept at once.
_ROOMS = 4
_LARGE = 200_000


@dataclass(frozen=True)
class Times:
    """When each row begins and ends, in seconds (UTC); NaT where it is not known."""

    begins: NDArray[np.datetime64]
    ends: NDArray[np.datetime64]


class Room:
    """One opened door, and what was made of it so far.

    A request keeps one room throughout; a new snapshot or a new day gets a new one, so nothing
    made here is ever outdated.

    Parameters
    ----------
    door : Door
    alias : tuple of str, optional
        A collection and the layer behind it: then there is no other (the result of a job).

    Attributes
    ----------
    door : Door
    collections : tuple of str
        Names of the vector and table layers shown, and of their parts (`api.stock.parts`), sorted.
    modified : str
        When what is shown last changed, as HTTP writes it: the run, or the day if it is later,
        for consent may have ended overnight.
    """

    def __init__(self, door: Door, *, alias: tuple[str, str] | None = None) -> None:
        self.door = door
        self._alias = dict([alias] if alias else [])
        whole = tuple(self._alias) or tuple(
            name for name in sorted(door.names()) if door.spec(name).kind != "raster"
        )
        self._parts = {} if alias else _split_layers(door, whole)
        self.collections = tuple(sorted({*whole, *self._parts}))
        midnight = datetime.combine(door.today, time(), tzinfo=UTC)
        self.modified = format_datetime(max(midnight, door.created.astimezone(UTC)), usegmt=True)
        self._known = frozenset(self.collections)
        self._made: dict[Hashable, object] = {}
        self._locks: dict[Hashable, Lock] = {}
        self._recent: OrderedDict[Hashable, object] = OrderedDict()
        self._recent_bytes = 0
        self._recent_lock = Lock()

    def served(self, name: str) -> Served:
        """Return a collection, ready to be asked.

        Raises
        ------
        NotShownError
            If there is none by this name, for whatever reason: the asker cannot tell which.
        """
        self.check(name)
        if name in self._parts:
            return self._parts[name]
        return self.make(("served", name), lambda: self.door.served(self._find_layer(name)))

    def check(self, name: str) -> None:
        """Make sure that there is a collection by this name; raises NotShownError."""
        if name not in self._known:
            raise NotShownError(name)

    def spec(self, name: str) -> LayerSpec:
        """Return the description of a collection, as shown."""
        self.check(name)
        return self._parts[name].spec if name in self._parts else self.door.spec(
            self._find_layer(name))

    def frame(self, name: str) -> pd.DataFrame:
        """Return the rows of a collection, as shown."""
        self.check(name)
        return self.door.layer(self._find_layer(name)).frame

    def _find_layer(self, name: str) -> str:
        return self._alias.get(name, name)

    def make(self, key: Hashable, build: Callable[[], Made]) -> Made:
        """Return what was made under a key, making it once.

        Each key has its own lock, so that nobody waits for a map who asked for a page.
        """
        if key not in self._made:
            with self._locks.setdefault(key, Lock()):
                if key not in self._made:
                    self._made[key] = build()
        return cast("Made", self._made[key])

    def remember(self, key: Hashable, build: Callable[[], Made]) -> Made:
        """Return what was made under a key lately; the oldest is forgotten, by number and bytes.

        For what askers can think up without end, such as filters.
        """
        with self._recent_lock:
            if key in self._recent:
                self._recent.move_to_end(key)
                return cast("Made", self._recent[key])
        made = build()
        with self._recent_lock:
            if key not in self._recent:
                self._recent[key] = made
                self._recent_bytes += _weigh(made)
            while len(self._recent) > _RECENT or self._recent_bytes > _RECENT_BYTES:
                self._recent_bytes -= _weigh(self._recent.popitem(last=False)[1])
        return made

    def shapes(self, name: str, rows: NDArray[np.intp]) -> NDArray[np.object_]:
        """Return geometries of some rows; of all but the largest layers, read once and kept."""
        served = self.served(name)
        if served.count > _LARGE:
            return served.shapes(rows)
        whole: NDArray[np.object_] = self.make(("shapes", name), served.shapes)
        return whole[rows]

    def times(self, name: str) -> Times | None:
        """Return when the rows of a collection happened; None if it has no time."""
        return self.make(("times", name), lambda: _read_times(self, name))


def _split_layers(door: Door, names: tuple[str, ...]) -> dict[str, Served]:
    mixed = [name for name in names if door.spec(name).geometry == "Geometry"]
    parts = [split_layer(door.served(name)) for name in mixed]
    return {name: part for found in parts for name, part in found.items() if name not in names}


def _weigh(made: object) -> int:
    """Bytes that an answer keeps in memory, as far as they count; a room has its share of them."""
    if isinstance(made, Room):
        return _RECENT_BYTES // _ROOMS
    return made.nbytes if isinstance(made, np.ndarray) else 1024


def find_time_column(spec: LayerSpec) -> str | None:
    """Return the column that says when a row happened.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> find_time_column(find_spec("activity")), find_time_column(find_spec("routes"))
    ('month', None)
    """
    for name, dtypes in TIME_COLUMNS.items():
        if name in spec.columns and spec.columns[name].dtype in dtypes:
            return name
    return None


def _read_times(room: Room, name: str) -> Times | None:
    column = find_time_column(room.spec(name))
    if column is None:
        return None
    values, dtype = room.served(name).column(column), room.spec(name).columns[column].dtype
    if dtype == "datetime":
        moments = values.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
        seconds = moments.astype("datetime64[s]")
        return Times(seconds, seconds)
    if dtype == "date":
        begins = values.to_numpy(zero_copy_only=False).astype("datetime64[D]")
    else:
        begins = values.fill_null("NaT").to_numpy(zero_copy_only=False).astype("datetime64[M]")
    # One more of its own unit: the next day, or the next month however long this one is.
    ends = (begins + 1).astype("datetime64[s]") - np.timedelta64(1, "s")
    return Times(begins.astype("datetime64[s]"), ends)
