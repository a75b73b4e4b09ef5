"""Where skill is measured: square cells of equal side on the land of a study."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import cKDTree

from layers.crs import WGS84, FloatArray, measure_area_km2
from layers.errors import StudyError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from georisk.incidents import Area

BORDER_REACH_KM = 120.0
REACH_SIDES = 1.5
COAST_KM = 25.0
MAX_CELLS = 250_000
DROWNING = "wat"
_MEXICO_CENTRAL_AMERICA = ("MX", "GT", "BZ", "SV", "HN", "NI", "CR", "PA")
_TOUCH_KM = 2.0
_STEP_DEG = 0.1


@dataclass(frozen=True, eq=False)
class Domain:
    """Square cells whose centre lies in a region, m of them, from the south-west row by row.

    Attributes
    ----------
    name, title : str
    cell_km : float
        Side of a cell in the metric CRS.
    xy_km : array of shape (m, 2)
        Centres, km in the metric CRS.
    lon, lat : array of shape (m,)
        Centres, degrees.
    area_km2 : array of shape (m,)
        Geodesic area of the whole cell.
    novel_km : float
        An event farther than this from every earlier one happened in a new place.
    other_km : array of shape (k, 2)
        Centres of cells on the study's land beyond the domain: what happened there stays there.
    """

    name: str
    title: str
    cell_km: float
    xy_km: FloatArray
    lon: FloatArray
    lat: FloatArray
    area_km2: FloatArray
    novel_km: float = 10.0
    other_km: FloatArray = field(default_factory=lambda: np.zeros((0, 2)), repr=False)

    def __len__(self) -> int:
        return len(self.area_km2)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(np.concatenate([self.xy_km, self.other_km]))

    def locate(
        self, xy_km: FloatArray, *, kind: NDArray[np.object_] | None = None
    ) -> NDArray[np.intp]:
        """Find the cell of each position; -1 where it belongs to none.

        What lies on no land cell of the study (at sea, on a ragged edge) counts in the nearest
        cell if its centre is within 1.5 cell sides, a drowning if it is within 25 km; but what
        lies in a cell beyond the domain, or nearer to one, is not the domain's.

        Parameters
        ----------
        xy_km : array of shape (n, 2)
        kind : array of shape (n,), optional
            Class of each event; without it none is taken for a drowning.

        Returns
        -------
        array of shape (n,)

        Examples
        --------
        >>> one = Domain("a", "A", 5.0, np.zeros((1, 2)), np.zeros(1), np.zeros(1), np.ones(1))
        >>> far = np.array([[2.0, 2.0], [7.0, 0.0], [8.0, 0.0], [8.0, 0.0]])
        >>> one.locate(far, kind=np.array(["acc", "acc", "acc", "wat"], object)).tolist()
        [0, 0, -1, 0]
        """
        if len(xy_km) == 0:
            return np.zeros(0, np.intp)
        apart_km, cell = self._tree.query(xy_km)
        reach_km = np.full(len(xy_km), REACH_SIDES * self.cell_km)
        if kind is not None:
            reach_km[kind == DROWNING] = max(COAST_KM, REACH_SIDES * self.cell_km)
        ours = (cell < len(self)) & (apart_km <= reach_km)
        return np.where(ours, cell, -1).astype(np.intp)

    def count_moved(self, xy_km: FloatArray, cells: NDArray[np.intp]) -> int:
        """How many located positions lie outside their cell, so were moved to it."""
        inside = cells >= 0
        step_km = np.abs(xy_km[inside] - self.xy_km[cells[inside]]).max(axis=1, initial=0.0)
        return int((step_km > self.cell_km / 2 + 1e-9).sum())


@dataclass(frozen=True)
class Plan:
    """A domain that METHOD names, and the countries it takes."""

    name: str
    title: str
    cell_km: float
    needs: str
    novel_km: float = 10.0


PLANS: tuple[Plan, ...] = (
    Plan("border", "US-Mexico land border and 120 km around it", 5.0,
         "the study's boundaries hold no land border between US and MX inside its area", 5.0),
    Plan("mexico-central-america", "Mexico and Central America", 10.0,
         "the study's boundaries do not hold MX and a country of Central America"),
    Plan("study", "All land of the study", 10.0, "the study has no land in its area"),
)


def build_domains(
    boundaries: gpd.GeoDataFrame | None, *, area: Area, crs_metric: str
) -> tuple[Domain, ...]:
    """Lay out the domains that a study allows, of the three in `PLANS`.

    Parameters
    ----------
    boundaries : GeoDataFrame or None
        Layer ``boundaries``: EPSG:4326, columns ``level`` and ``country``; without countries
        (level 0) the whole area counts as land.
    area : tuple
        West, south, east, north, degrees; cells outside it are left out.
    crs_metric : str
        Cells are square in it; their area is geodesic whatever it is.

    Returns
    -------
    tuple of Domain
        ``border`` and ``mexico-central-america`` where the countries are there, and ``study``.

    Raises
    ------
    StudyError
        If no cell lies in the area at all.

    Examples
    --------
    >>> (land,) = build_domains(None, area=(-97.1, 18.9, -96.9, 19.1),
    ...                         crs_metric="+proj=laea +lat_0=19 +lon_0=-97 +datum=WGS84")
    >>> land.name, len(land), round(float(land.area_km2[0]))
    ('study', 4, 100)
    """
    land = _project_land(boundaries, area, crs_metric)
    shapes = (_find_border(land), _join_region(land), _join(list(land.values())))
    box = _project_box(area, crs_metric)
    whole = shapely.intersection(shapes[-1], box)
    made = [
        _fill(plan, shapely.intersection(shape, box), whole, crs_metric)
        for plan, shape in zip(PLANS, shapes, strict=True)
        if not shapely.is_empty(shape)
    ]
    domains = tuple(domain for domain in made if len(domain))
    if not domains:
        raise StudyError("boundaries: no land in the study area; check `area` and the boundaries")
    return domains


def _project_box(area: Area, crs_metric: str) -> shapely.Geometry:
    import geopandas as gpd

    box = shapely.segmentize(shapely.box(*area), _STEP_DEG)
    return gpd.GeoSeries([box], crs=WGS84).to_crs(crs_metric).iloc[0]


def _project_land(
    boundaries: gpd.GeoDataFrame | None, area: Area, crs_metric: str
) -> dict[str, shapely.Geometry]:
    """Land of each country near the area, metres; countries in order of their code."""
    import geopandas as gpd

    if boundaries is None or not (boundaries["level"] == 0).any():
        return {"": _project_box(area, crs_metric)}
    frame = boundaries[boundaries["level"] == 0]
    # Two degrees more than the area: the border band must not end at a cut edge.
    west, south, east, north = area
    near = shapely.box(west - 2, south - 2, east + 2, north + 2)
    parts = shapely.intersection(shapely.make_valid(frame.geometry.to_numpy()), near)
    shapes = gpd.GeoSeries(shapely.segmentize(parts, _STEP_DEG), crs=WGS84).to_crs(crs_metric)
    country = frame["country"].astype(str).to_numpy()
    return {
        code: _join(list(shapes.to_numpy()[country == code])) for code in sorted(set(country))
    }


def _join(shapes: list[shapely.Geometry]) -> shapely.Geometry:
    return shapely.union_all(shapely.make_valid(np.array(shapes, object)))


def _find_border(land: dict[str, shapely.Geometry]) -> shapely.Geometry:
    """Land of the US and of Mexico within 120 km of where they meet."""
    if not {"US", "MX"} <= set(land):
        return shapely.Polygon()
    # Simplified neighbours need not share a vertex: near enough is the border.
    touch = shapely.buffer(land["US"], _TOUCH_KM * 1000)
    line = shapely.intersection(shapely.boundary(land["MX"]), touch)
    if shapely.is_empty(line):
        return shapely.Polygon()
    band = shapely.buffer(line, BORDER_REACH_KM * 1000)
    return shapely.intersection(_join([land["US"], land["MX"]]), band)


def _join_region(land: dict[str, shapely.Geometry]) -> shapely.Geometry:
    there = [code for code in _MEXICO_CENTRAL_AMERICA if code in land]
    if "MX" not in there or len(there) == 1:
        return shapely.Polygon()
    return _join([land[code] for code in there])


def _fill(
    plan: Plan, shape: shapely.Geometry, land: shapely.Geometry, crs_metric: str
) -> Domain:
    """Cells on a lattice of whole multiples of their side, so that it never shifts."""
    import geopandas as gpd

    cell_km = plan.cell_km
    while shapely.area(land) / 1e6 / cell_km**2 > MAX_CELLS:
        cell_km *= 2
    xy_km = _fill_lattice(land, cell_km)
    inside = _cover(shape, xy_km)
    other_km, xy_km = xy_km[~inside], xy_km[inside]
    centres = gpd.GeoSeries(shapely.points(xy_km * 1000), crs=crs_metric).to_crs(WGS84)
    low, high = (xy_km - cell_km / 2) * 1000, (xy_km + cell_km / 2) * 1000
    squares = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    on_earth = gpd.GeoSeries(squares, crs=crs_metric).to_crs(WGS84)
    return Domain(
        name=plan.name, title=plan.title, cell_km=cell_km, xy_km=xy_km,
        lon=centres.x.to_numpy(float), lat=centres.y.to_numpy(float),
        area_km2=measure_area_km2(on_earth.to_numpy()), novel_km=plan.novel_km,
        other_km=other_km,
    )


def _fill_lattice(land: shapely.Geometry, cell_km: float) -> FloatArray:
    """Centres of the cells whose centre is on land, south-west first."""
    bounds = np.asarray(shapely.bounds(land)) / 1000.0 / cell_km
    if np.isnan(bounds).any():
        return np.zeros((0, 2))
    column = np.arange(np.floor(bounds[0]), np.ceil(bounds[2])) + 0.5
    row = np.arange(np.floor(bounds[1]), np.ceil(bounds[3])) + 0.5
    lattice = np.column_stack([grid.ravel() for grid in np.meshgrid(column, row)]) * cell_km
    return lattice[_cover(land, lattice)]


def _cover(shape: shapely.Geometry, xy_km: FloatArray) -> NDArray[np.bool_]:
    shapely.prepare(shape)
    return np.asarray(shapely.contains_xy(shape, xy_km[:, 0] * 1000, xy_km[:, 1] * 1000))
