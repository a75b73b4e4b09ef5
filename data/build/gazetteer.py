"""Look up populated places of the GeoNames extract, guarding against homonyms.

``geonames_cities500_bbox.csv`` holds the places of GeoNames' cities500 inside the study area. A
table that names a place gives its identifier too, and the two must agree: an identifier typed
wrong would otherwise move a town silently to its namesake in another state.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


def read_gazetteer(path: Path) -> pd.DataFrame:
    """Read the extract, indexed by ``geonameid``, with a column ``key`` to compare names by.

    Parameters
    ----------
    path
        CSV with ``geonameid name latitude longitude countrycode population admin1code``;
        degrees, EPSG:4326.
    """
    frame = pd.read_csv(path, keep_default_na=False, dtype={"admin1code": str})
    frame["key"] = frame["name"].map(fold_name)
    return frame.drop(columns="timezone").set_index("geonameid").sort_index()


def fold_name(name: str) -> str:
    """Fold a name to lower-case letters without accents.

    Examples
    --------
    >>> fold_name("Cañitas de Felipe Pescador")
    'canitas de felipe pescador'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(plain.lower().split())


def find_homonyms(gazetteer: pd.DataFrame, name: str, *, people: int = 5000) -> pd.DataFrame:
    """Return every place of that name with at least ``people`` inhabitants."""
    same = gazetteer["key"] == fold_name(name)
    return gazetteer[same & (gazetteer["population"] >= people)]
