"""Informal crossings at the ends of legs: who may not see them reads neither name nor id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from georisk.towns import fold_name
from layers.generalise import UNNAMED

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENDS = (("from_place", "from_waypoint"), ("to_place", "to_waypoint"))


@dataclass(frozen=True)
class Crossings:
    """Crossings not known to be official: ids, and names (folded) that no other waypoint has."""

    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is anything to leave out."""
        return bool(self.ids or self.names)


def find_crossings(waypoints: pd.DataFrame, routes: pd.DataFrame) -> Crossings:
    """List crossings that are not known to be official, as waypoints and as legs call them.

    An end whose waypoint is not there (set aside as faulty, say) counts as one: unknown is no.

    Examples
    --------
    >>> import pandas as pd
    >>> waypoints = pd.DataFrame({"name": ["Paso", "Tecún"], "kind": ["crossing", "town"],
    ...     "official_crossing": [None, None]}, index=["p", "t"])
    >>> sorted(find_crossings(waypoints, pd.DataFrame()).names)
    ['paso']
    """
    official = waypoints["official_crossing"].fillna(value=False).astype(bool)
    hidden = (waypoints["kind"] == "crossing") & ~official
    ids = set(waypoints.index[hidden].astype(str))
    names = _fold(waypoints.loc[hidden, "name"])
    for place, waypoint in _ENDS:
        if {place, waypoint} <= set(routes.columns):
            ids |= set(routes[waypoint].dropna().astype(str)) - set(waypoints.index)
            names |= _fold(routes.loc[routes[waypoint].isin(ids), place])
    return Crossings(frozenset(ids), frozenset(names - _fold(waypoints.loc[~hidden, "name"])))


def _fold(names: Iterable[object]) -> set[str]:
    return {fold_name(str(name)) for name in names if not pd.isna(name)}


def leave_out_crossings(frame: pd.DataFrame, crossings: Crossings) -> pd.DataFrame:
    """Rows that call these ends `UNNAMED`, without their ids.

    A word, not null: names of ends are never empty, and sentences are made of them. The next
    town's name would move the leg's end on paper.
    """
    changes = {}
    for name in frame.columns:
        if name == "geometry" or not pd.api.types.is_string_dtype(frame[name]):
            continue
        texts = frame[name]
        named = [text for text in texts.dropna().unique() if fold_name(text) in crossings.names]
        is_id, is_name = texts.isin(crossings.ids), texts.isin(named)
        if is_id.any() or is_name.any():
            changes[name] = texts.mask(is_id).mask(is_name, UNNAMED)
    return frame.assign(**changes) if changes else frame


def rename_stops(along: pd.DataFrame, crossings: Crossings) -> pd.DataFrame:
    """Stops at these crossings under the name of the nearest other one of their corridor.

    ``unnamed`` marks them, so that who asks for that town begins in it; none of them can be
    asked for, offered or completed. A corridor without another stop is left out.
    """
    refs = along["ref"].map(lambda ref: fold_name(str(ref)) in crossings.names).astype(bool)
    hidden = (along["kind"] == "stop") & (refs | along["ref"].isin(crossings.ids))
    named = along[(along["kind"] == "stop") & ~hidden]
    parts = []
    for corridor, rows in along[hidden].groupby("corridor", sort=True):
        towns = named[named["corridor"] == corridor]
        if len(towns):
            apart = np.abs(rows["km"].to_numpy()[:, None] - towns["km"].to_numpy()[None, :])
            parts.append(rows.assign(ref=towns["ref"].to_numpy()[apart.argmin(axis=1)],
                                     unnamed=True))
    kept = along.assign(unnamed=False)[~hidden & along["corridor"].isin(set(named["corridor"]))]
    return pd.concat([kept, *parts]) if parts else kept
