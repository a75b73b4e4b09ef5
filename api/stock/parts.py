"""Layers of several kinds of geometry, part by part: many programs show one kind at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import shapely

from layers.served import Ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layers.served import Served

# Dimension of a geometry to the ending of a part's name, and what it is called.
ENDINGS = {0: "points", 1: "lines", 2: "areas"}
_WORDS = {
    "points": {"en": "points", "es": "puntos", "fr": "points"},
    "lines": {"en": "lines", "es": "líneas", "fr": "lignes"},
    "areas": {"en": "areas", "es": "áreas", "fr": "surfaces"},
}


def split_layer(served: Served) -> dict[str, Served]:
    """Split a layer by the kind of its geometries; one of a single kind has no parts.

    Parameters
    ----------
    served : Served

    Returns
    -------
    dict
        Name of the part, such as ``routes_lines``, to a layer of those rows. Rows without a
        geometry are in none: the whole layer has them.
    """
    if served.spec.geometry != "Geometry":
        return {}
    dimensions = shapely.get_dimensions(served.shapes())
    present = [number for number in ENDINGS if (dimensions == number).any()]
    if len(present) < 2:  # noqa: PLR2004 - of one kind
        return {}
    return {
        f"{served.spec.name}_{ENDINGS[number]}":
        _take_part(served, np.flatnonzero(dimensions == number), ENDINGS[number])
        for number in present
    }


def _take_part(served: Served, rows: NDArray[np.intp], ending: str) -> Served:
    spec, chosen = served.spec, pa.array(rows)
    titles = {lang: f"{title}: {_WORDS[ending][lang]}" for lang, title in spec.title.items()
              if lang in _WORDS[ending]}
    meaning = (f"{spec.meaning}. The {ending} of {spec.name} alone, for programs that show one "
               "kind of geometry at a time")
    part = spec.model_copy(update={"name": f"{spec.name}_{ending}", "title": titles,
                                   "meaning": meaning})
    return replace(
        served, spec=part, ids=Ids(served.ids.values.take(chosen)),
        table=served.table.take(chosen).combine_chunks(),
        bounds=np.asfortranarray(served.bounds[rows]), features=None,
    )
