"""The record that a forecast may learn from: located incidents, and the cut before a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from georisk.incidents import UNKNOWN_CLASS, read_lonlat
from layers.crs import FloatArray, project_xy_m

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Record:
    """Located incidents, sorted by id.

    Attributes
    ----------
    xy_km : array of shape (n, 2)
        Position, km in the study's metric CRS.
    sigma_km : array of shape (n,)
        One sigma of the position.
    day : array of shape (n,)
        datetime64[D].
    kind : array of shape (n,)
        Class of each incident, as in `georisk.incidents.CLASSES`, or ``unk``.

    Examples
    --------
    >>> import numpy as np
    >>> days = np.array(["2019-05-01", "2020-01-01"], "datetime64[D]")
    >>> record = Record(np.zeros((2, 2)), np.ones(2), days, np.array(["wat", "unk"], object))
    >>> record.year.tolist(), len(record.before(2020))
    ([2019, 2020], 1)
    """

    xy_km: FloatArray
    sigma_km: FloatArray
    day: NDArray[np.datetime64]
    kind: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.sigma_km)

    @property
    def year(self) -> NDArray[np.int64]:
        """Calendar year of each incident."""
        return self.day.astype("datetime64[Y]").astype(np.int64) + 1970

    def take(self, mask: NDArray[np.bool_] | NDArray[np.intp]) -> Record:
        """Keep some incidents, by mask or by index, in the order given."""
        return Record(self.xy_km[mask], self.sigma_km[mask], self.day[mask], self.kind[mask])

    def before(self, year: int) -> Record:
        """What happened before 1 January of ``year``: all that a forecast of it may see."""
        return self.take(self.day < np.datetime64(f"{year:04d}-01-01", "D"))


def build_record(incidents: gpd.GeoDataFrame, *, crs_metric: str) -> Record:
    """Make a record of incidents that `georisk.incidents.select_incidents` kept.

    Parameters
    ----------
    incidents : GeoDataFrame
        EPSG:4326 points with ``date``, ``class`` and ``sigma_km``; the index is the id. The
        order of its rows changes nothing.
    crs_metric : str
        The study's metric CRS.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from shapely import Point
    >>> rows = gpd.GeoDataFrame(
    ...     {"date": pd.to_datetime(["2020-02-01", "2019-02-01"]), "class": ["sec", None],
    ...      "sigma_km": 2.0}, geometry=[Point(-97, 19)] * 2, index=["b", "a"], crs="EPSG:4326")
    >>> record = build_record(rows, crs_metric="+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84")
    >>> record.year.tolist(), record.kind.tolist(), record.xy_km.round(6).tolist()[0]
    ([2019, 2020], ['unk', 'sec'], [0.0, 0.0])
    """
    frame = incidents.sort_index(kind="stable")
    lon, lat = read_lonlat(frame)
    kind = frame["class"].astype("object")
    return Record(
        xy_km=project_xy_m(lon, lat, crs_metric=crs_metric) / 1000.0,
        sigma_km=frame["sigma_km"].to_numpy(np.float64),
        day=frame["date"].to_numpy().astype("datetime64[D]"),
        kind=kind.where(kind.notna(), UNKNOWN_CLASS).to_numpy(object),
    )
