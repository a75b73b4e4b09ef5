"""Names to write on a map: countries, and towns with the most populous first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from maps.frames import Bounds, read_frame

if TYPE_CHECKING:
    import pandas as pd

    from georisk.doors import Door
    from maps.catalogues import Words

_SAME_TOWN_DEG, _SAME_SPOT_DEG = 0.1, 0.02
_NAME_DEG = 2.0
# Islands too small to hold a name on the widest view would only clutter it.
_SMALL_DEG2 = 0.5
_FIRST_NAMES, _SECOND_NAMES = 40, 90


def pack_names(door: Door, words: Words, bounds: Bounds) -> dict[str, Any]:
    """Names to write: longitude, latitude, text, 1 for a country, zoom from which it may show."""
    names = _name_countries(door, words, bounds)
    towns = read_frame(door, "waypoints")
    if towns is None:
        return {"names": names}
    meetings, people = _count_legs(door), _count_people(door, towns)
    order = sorted(
        towns.index, key=lambda key: (-people[key], -meetings.get(towns.loc[key, "name"], 0), key)
    )
    for place, key in enumerate(order):
        zoom = 3.0 if place < _FIRST_NAMES else 5.5 if place < _SECOND_NAMES else 6.75
        point = towns.geometry[key]
        at = [round(float(point.x), 4), round(float(point.y), 4)]
        names.append([*at, str(towns.loc[key, "name"]), 0, zoom])
    return {"names": names}


def _count_people(door: Door, towns: pd.DataFrame) -> dict[str, int]:
    """Population of the gazetteer's place that a town is: of its name nearby, else the nearest."""
    places = read_frame(door, "places")
    if places is None:
        return dict.fromkeys(towns.index, 0)
    people = places["population"].fillna(0).to_numpy(dtype=int)
    names = places["name"].to_numpy(dtype=object)
    tree = shapely.STRtree(places.geometry.to_numpy())
    found = {}
    for key in towns.index:
        point = towns.geometry[key]
        near = tree.query(point, predicate="dwithin", distance=_SAME_TOWN_DEG)
        same = near[names[near] == towns.loc[key, "name"]]
        if not len(same):
            same = tree.query(point, predicate="dwithin", distance=_SAME_SPOT_DEG)
        found[key] = int(people[same].max(initial=0))
    return found


def _count_legs(door: Door) -> dict[str, int]:
    legs = read_frame(door, "routes")
    if legs is None:
        return {}
    ends = [*legs["from_place"].astype("str"), *legs["to_place"].astype("str")]
    return {name: ends.count(name) for name in sorted(set(ends))}


def _name_countries(door: Door, words: Words, bounds: Bounds) -> list[list[Any]]:
    frame = read_frame(door, "boundaries")
    if frame is None:
        return []
    west, south, east, north = bounds
    window = (west - _NAME_DEG, south - _NAME_DEG, east + _NAME_DEG, north + _NAME_DEG)
    names: list[list[Any]] = []
    for key in frame.index[frame["level"] == 0]:
        seen = shapely.clip_by_rect(frame.geometry[key], *window)
        if seen.area < _SMALL_DEG2:
            continue
        parts = shapely.get_parts(seen)
        point = shapely.point_on_surface(parts[int(np.argmax(shapely.area(parts)))])
        code = f"country_{frame.loc[key, 'country']}"
        text = words[code] if code in words else str(frame.loc[key, "name"])
        names.append([round(float(point.x), 2), round(float(point.y), 2), text, 1, 3.0])
    return names
