"""Countries, first divisions and towns of the world, and the names they go by."""

from layers.gazetteer.index import match_names, match_runs
from layers.gazetteer.names import fold_words
from layers.gazetteer.world import (
    Gazetteer,
    find_country,
    load_gazetteer,
    measure_to_country_km,
    measure_to_land_km,
)

__all__ = [
    "Gazetteer", "find_country", "fold_words", "load_gazetteer", "match_names", "match_runs",
    "measure_to_country_km", "measure_to_land_km",
]  # fmt: skip
