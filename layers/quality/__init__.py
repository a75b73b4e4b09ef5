"""Quality of positions: what is doubtful, how precise, and what place was meant."""

from layers.quality.doubts import find_doubts
from layers.quality.spots import estimate_precision_km, name_places
from layers.quality.stated import read_stated

__all__ = ["estimate_precision_km", "find_doubts", "name_places", "read_stated"]
