"""What rows of other layers say of places that an audience is not shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from georisk.crossings import Crossings, find_crossings, leave_out_crossings
from georisk.originals import list_sealed_ids

if TYPE_CHECKING:
    from georisk.snapshot import Snapshot
    from layers.layer import Layer
    from layers.spec import Audience, LayerSpec

_PLACE_IDS = frozenset({"place_id", "place_or_leg", "ref"})
_NO_ROWS = pd.DataFrame()


@dataclass(frozen=True)
class Hidden:
    """Crossings that an audience is not shown, and places that leave by no door.

    Attributes
    ----------
    crossings : Crossings
        None for ``restricted``.
    sealed : frozenset of str
        Ids of places that are sealed by kind (SAFETY), whoever asks.
    """

    crossings: Crossings = field(default_factory=Crossings)
    sealed: frozenset[str] = frozenset()

    def may_stand_in(self, spec: LayerSpec) -> bool:
        """Whether rows of a layer may tell of any: then none that were prepared are served."""
        return bool(self.crossings) or bool(self.sealed and _PLACE_IDS & set(spec.columns))

    def leave_out(self, layer: Layer) -> Layer:
        """Rows without sealed places, and without the names and ids of these crossings."""
        frame = layer.frame
        for column in _PLACE_IDS & set(frame.columns) if self.sealed else ():
            frame = frame[~frame[column].isin(self.sealed)]
        if self.crossings and layer.spec.role != "facility" and layer.spec.name != "waypoints":
            frame = leave_out_crossings(frame, self.crossings)
        return layer if frame is layer.frame else replace(layer, frame=frame)


def find_hidden(snapshot: Snapshot, audience: Audience) -> Hidden:
    """List what a run holds that an audience must not be told of by the way."""
    sealed = list_sealed_ids(snapshot)
    if audience == "restricted" or "waypoints" not in snapshot.specs:
        return Hidden(sealed=sealed)
    routes = snapshot.layer("routes").frame if "routes" in snapshot.specs else _NO_ROWS
    return Hidden(find_crossings(snapshot.layer("waypoints").frame, routes), sealed)
