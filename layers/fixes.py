"""Put in what faults suggest, where somebody agreed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.crs import WGS84
from layers.quarantine import find_origin
from layers.sources import SOURCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.errors import Fault

_AXES = ("lon", "lat")


def apply_fixes(
    raw: pd.DataFrame, faults: Sequence[Fault], *, least: float
) -> tuple[pd.DataFrame, tuple[Fault, ...]]:
    """Put in the fixes of which we are sure enough.

    Of two fixes that touch one cell the surer one is put in, whole, and the other not at all.
    A fault whose record number stands on several rows is left alone.

    Parameters
    ----------
    raw : DataFrame or GeoDataFrame
        As it was given to `layers.intake.take_in`. In a frame of points, ``lon`` and ``lat``
        move the point.
    faults : sequence of Fault
        Of the intake: its faults, its remarks, or both.
    least : float
        Confidence, 0 to 1, from which on a fix is put in.

    Returns
    -------
    fixed : DataFrame or GeoDataFrame
        A new frame with the rows and index of ``raw``.
    applied : tuple of Fault
        Those whose fix was put in, in the order of ``faults``.

    Examples
    --------
    >>> from layers.errors import Fault
    >>> import pandas as pd
    >>> fault = Fault("incidents", "a.csv", 1, "i-1", "dead", "42 personas", "not a whole number",
    ...               "42?", (("dead", "42"),), 0.9)
    >>> fixed, applied = apply_fixes(pd.DataFrame({"dead": ["42 personas"]}), [fault], least=0.8)
    >>> fixed["dead"].tolist(), len(applied)
    (['42'], 1)
    """
    places = _find_places(raw, faults)
    moves_points = isinstance(raw, gpd.GeoDataFrame) and raw.active_geometry_name is not None
    chosen: dict[int, Fault] = {}
    cells: dict[str, dict[int, str]] = {}
    # Sorting is stable: of equally sure fixes the first that was told goes first.
    for number in sorted(range(len(faults)), key=lambda n: -faults[n].confidence):
        fault, place = faults[number], places[number]
        if place < 0 or not fault.fix or fault.confidence < least:
            continue
        columns = {name for name, _ in fault.fix}
        if any(place in cells.get(name, ()) for name in columns):
            continue
        if not all(_has_room(name, raw, moves_points=moves_points) for name in columns):
            continue
        chosen[number] = fault
        for name, value in fault.fix:
            cells.setdefault(name, {})[place] = value
    return _put_in(raw, cells, moves_points=moves_points), tuple(chosen[n] for n in sorted(chosen))


def _has_room(name: str, raw: pd.DataFrame, *, moves_points: bool) -> bool:
    """Whether a value can be put in; a column that the file lacks is made for it."""
    if name in _AXES and not moves_points:
        return name in raw
    return not name.startswith("_")


def _find_places(raw: pd.DataFrame, faults: Sequence[Fault]) -> list[int]:
    """Position in ``raw`` of the row of each fault; -1 where that is none, or not one alone."""
    origin = find_origin(raw, "")
    sources = origin["source"] if SOURCE in raw else [""] * len(raw)
    places: dict[tuple[str, int], int] = {}
    for place, key in enumerate(zip(sources, origin["record"], strict=True)):
        places[key] = -1 if key in places else place
    named = SOURCE in raw
    return [-1 if fault.row is None else places.get((fault.source if named else "", fault.row), -1)
            for fault in faults]


def _put_in(
    raw: pd.DataFrame, cells: dict[str, dict[int, str]], *, moves_points: bool
) -> pd.DataFrame:
    fixed = raw.copy()
    if moves_points:
        axes = {name: cells[name] for name in _AXES if name in cells}
        cells = {name: values for name, values in cells.items() if name not in _AXES}
        if axes:
            fixed = _move_points(fixed, axes)
    for name, values in cells.items():
        old = raw[name].to_numpy(dtype=object) if name in raw else np.full(len(raw), "", object)
        new = old.copy()
        new[list(values)] = list(values.values())
        texts = name not in raw or isinstance(raw[name].dtype, pd.StringDtype)
        fixed[name] = pd.Series(new, index=raw.index, dtype="str" if texts else object)
    return fixed


def _move_points(frame: pd.DataFrame, axes: dict[str, dict[int, str]]) -> pd.DataFrame:
    """Put points where their fixed longitude and latitude say, in the frame's own CRS."""
    places = sorted({place for values in axes.values() for place in values})
    shapes = frame.geometry.to_numpy().copy()
    degrees = gpd.GeoSeries(shapes[places], crs=frame.crs).to_crs(WGS84)
    old = {"lon": degrees.x.to_numpy(), "lat": degrees.y.to_numpy()}
    x, y = (
        np.array([float(axes.get(name, {}).get(place, old[name][n]))
                  for n, place in enumerate(places)])
        for name in _AXES
    )
    moved = gpd.GeoSeries(shapely.points(x, y), crs=WGS84).to_crs(frame.crs)
    shapes[places] = moved.to_numpy()
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
