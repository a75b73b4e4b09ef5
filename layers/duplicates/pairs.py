"""The search for records that tell of one event, or of one house."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layers.duplicates.incidents import pair_incidents
from layers.duplicates.places import pair_places

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from layers.spec import LayerSpec

PAIR_COLUMNS = ("id_a", "id_b", "distance_km", "days", "score", "verdict", "why")
_FINDERS = {"incident": pair_incidents, "facility": pair_places}


def find_pairs(rows: pd.DataFrame, spec: LayerSpec, *, register: str = "owner") -> pd.DataFrame:
    """Find the pairs of rows that may be one, with a score and a verdict.

    Parameters
    ----------
    rows : GeoDataFrame
        Accepted rows of a layer of incidents or facilities, indexed by id, points in EPSG:4326.
    spec : LayerSpec
    register : str
        Column that says whose rows they are. Rows of one register, or all rows where the column
        is absent, are never accepted as one incident by themselves: at most they are reviewed.

    Returns
    -------
    DataFrame
        ``id_a < id_b``, ``distance_km``, ``days`` apart, ``score`` (probability, 0 to 1),
        ``verdict`` (accept, review, reject), ``why``; best first, then by id. Pairs below the
        declared floor are not listed. The order of the rows does not matter.

    Raises
    ------
    ValueError
        If the layer is of another role, or nearly all rows lie on one spot and day.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> from layers.catalog import find_spec
    >>> rows = gpd.GeoDataFrame({
    ...     "owner": ["a", "b"], "date": pd.to_datetime(["2020-05-01", "2020-05-02"]),
    ...     "class": ["wat", "unk"], "n_victims": [7, 7], "coord_precision_km": [2.0, 2.0],
    ...     "source": ["x", "y"], "stated_place": ["Arriaga", "Arriaga, Chiapas"],
    ... }, index=["a-1", "b-9"], geometry=gpd.points_from_xy([-93.9, -93.9], [16.2, 16.22]))
    >>> pairs = find_pairs(rows, find_spec("incidents"))
    >>> pairs[["id_a", "id_b", "days", "verdict"]].values.tolist()
    [['a-1', 'b-9', 1.0, 'accept']]
    """
    finder = _FINDERS.get(spec.role)
    if finder is None:
        raise ValueError(
            f"{spec.name}: duplicates are looked for among incidents and facilities only"
        )
    ordered = rows.sort_index(kind="stable")
    pairs = finder(ordered, number_registers(ordered, register))
    order = ["score", "id_a", "id_b"]
    pairs = pairs.sort_values(order, ascending=[False, True, True], kind="stable")
    return pairs[list(PAIR_COLUMNS)].reset_index(drop=True)


def number_registers(rows: pd.DataFrame, column: str) -> NDArray[np.int64]:
    """Number of the register of each row, by name; all 0 where the column is absent."""
    if column not in rows:
        return np.zeros(len(rows), np.int64)
    names = rows[column].astype("str").fillna("").to_numpy(object)
    return np.asarray(np.unique(names, return_inverse=True)[1], np.int64)
