"""A disclosed layer, ready to be asked: columns and feature bytes that all workers map."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, overload

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from layers.columns import list_values, read_values
from layers.errors import BrokenError
from layers.geojson import Features, encode_features, round_coordinates
from layers.layer import Layer
from layers.store import map_features, sync_file, write_features
from layers.tabulating import tabulate_layer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.geojson import Piece
    from layers.layer import Provenance
    from layers.spec import LayerSpec

MAX_PREPARED = 200_000
GEOMETRY = "geometry"


class Ids(Sequence[str]):
    """Sorted ids, held as Arrow holds them: none is a Python object until it is asked for.

    Examples
    --------
    >>> ids = Ids(pa.array(["a-1", "a-2", "b-1"]))
    >>> ids.find("a-2"), ids.find("a-3"), ids.count_until("a-3")
    (1, None, 2)
    """

    def __init__(self, values: pa.StringArray) -> None:
        self.values = values

    def __len__(self) -> int:
        """How many there are."""
        return len(self.values)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        """One id, or a list of them."""
        if isinstance(at, slice):
            return list(self.values[at].to_pylist())
        return str(self.values[at].as_py())

    def find(self, id_: str) -> int | None:
        """Row of an id, or None."""
        row = bisect_left(self, id_)
        return row if row < len(self) and self[row] == id_ else None

    def count_until(self, id_: str) -> int:
        """How many ids are not after this one, whether or not it is among them."""
        return bisect_right(self, id_)

    def are_sorted(self) -> bool:
        """Whether each id is greater than the one before it."""
        ordered = pc.less(self.values[:-1], self.values[1:])
        return len(self) < 2 or bool(pc.all(ordered).as_py())  # noqa: PLR2004 - one is in order


@dataclass(frozen=True, eq=False)
class Served:
    """One disclosed layer; read-only, shared by all requests.

    Attributes
    ----------
    spec : LayerSpec
        As disclosed: only columns that may be shown.
    provenance : Provenance
    ids : Ids
    table : pyarrow.Table
        One column, in one piece, for each of the spec, and ``geometry`` as well-known binary
        (EPSG:4326) where there is one.
    bounds : float array of shape (n, 4)
        minx, miny, maxx, maxy in degrees; NaN without geometry. Side by side in memory, for
        one side of all boxes is looked at at once.
    features : Features or None
        Prepared GeoJSON; None for tables and for layers of more than `MAX_PREPARED` rows.
    """

    spec: LayerSpec
    provenance: Provenance
    ids: Ids
    table: pa.Table
    bounds: NDArray[np.float64]
    features: Features | None

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.ids)

    @property
    def has_geometry(self) -> bool:
        """Whether rows lie anywhere."""
        return self.spec.geometry != "none"

    def find(self, id_: str) -> int | None:
        """Row of an id, or None."""
        return self.ids.find(id_)

    def column(self, name: str) -> pa.Array:
        """Values of one column; of the id column, the ids."""
        return self.ids.values if name == self.spec.id else self.table[name].chunk(0)

    def shapes(self, rows: NDArray[np.intp] | None = None) -> NDArray[np.object_]:
        """Geometries of some rows, or of all, in EPSG:4326; None where a row has none."""
        values = self.table[GEOMETRY].chunk(0)
        chosen = values if rows is None else values.take(pa.array(rows))
        return np.asarray(shapely.from_wkb(chosen.to_numpy(zero_copy_only=False)), dtype=object)

    def take(self, rows: NDArray[np.intp], columns: Sequence[str] | None = None) -> Layer:
        """Rows, in the order given, as a disclosed layer with all columns or some of them."""
        names = list(self.spec.columns) if columns is None else list(columns)
        spec = self.spec.model_copy(update={"columns": {n: self.spec.columns[n] for n in names}})
        chosen = pa.array(rows)
        index = pd.Index(self.ids.values.take(chosen).to_pandas().astype("str"), name=spec.id)
        frame = pd.DataFrame({
            name: read_values(self.column(name).take(chosen), spec.columns[name].dtype)
            for name in names}, index=range(len(rows))).set_axis(index, axis=0)
        if self.has_geometry:
            import geopandas as gpd

            frame = gpd.GeoDataFrame(frame, geometry=self.shapes(rows), crs="EPSG:4326")
        return Layer(spec, frame, self.provenance)

    def encode(
        self, rows: NDArray[np.intp], columns: Sequence[str] | None = None,
        shapes: NDArray[np.object_] | None = None,
    ) -> Sequence[Piece]:
        """Write some rows as GeoJSON features, one by one.

        Parameters
        ----------
        rows : int array
        columns : sequence of str, optional
            Properties to write; by default all.
        shapes : array of geometries, optional
            What to write as geometry, rounded already; by default the rows' own.
        """
        if self.features is not None and columns is None and shapes is None:
            return self.features.list_pieces(rows)
        chosen = pa.array(rows)
        names = list(self.spec.columns) if columns is None else list(columns)
        values = [list_values(self.table[name].chunk(0).take(chosen), self.spec.columns[name])
                  for name in names]
        if shapes is None and self.has_geometry:
            shapes = round_coordinates(self.shapes(rows))
        texts: Sequence[str | None]
        texts = [None] * len(rows) if shapes is None else shapely.to_geojson(shapes)
        cells = zip(*values, strict=True) if values else (() for _ in rows)
        ids = self.ids.values.take(chosen).to_pylist()
        return [
            b'{"type":"Feature","id":' + orjson.dumps(id_) + b',"geometry":'
            + (b"null" if text is None else text.encode()) + b',"properties":'
            + orjson.dumps(dict(zip(names, row, strict=True))) + b"}"
            for id_, text, row in zip(ids, texts, cells, strict=True)
        ]


def serve_layer(layer: Layer) -> Served:
    """Make a disclosed layer ready to be asked, in memory.

    Raises
    ------
    BrokenError
        If its ids are not sorted: pages would lose rows.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from layers.catalog import find_spec
    >>> from layers.layer import Provenance
    >>> frame = gpd.GeoDataFrame({"name": ["Ayutla"]}, index=pd.Index(["p-1"], name="geonameid"),
    ...                          geometry=[shapely.Point(-92.2, 14.7)], crs="EPSG:4326")
    >>> spec = find_spec("places")
    >>> spec = spec.model_copy(update={"columns": {"name": spec.columns["name"]}})
    >>> served = serve_layer(Layer(spec, frame, Provenance(("x",), "", True, "public")))
    >>> served.count, served.bounds[0].tolist()
    (1, [-92.2, 14.7, -92.2, 14.7])
    """
    prepared = encode_features(layer) if _is_prepared(layer) else None
    return _assemble(layer.spec, layer.provenance, tabulate_layer(layer), prepared)


def _is_prepared(layer: Layer) -> bool:
    return layer.spec.kind == "vector" and len(layer) <= MAX_PREPARED


def _assemble(
    spec: LayerSpec, provenance: Provenance, table: pa.Table, features: Features | None,
    bounds: NDArray[np.float64] | None = None,
) -> Served:
    ids = Ids(_join(table[spec.id]))
    if not ids.are_sorted():
        raise BrokenError(f"{spec.name}: prepared ids are not sorted; pages would lose rows")
    names = [*spec.columns, *([GEOMETRY] if spec.geometry != "none" else [])]
    columns = {name: _join(table[name]) for name in names}
    kept = pa.table(columns) if columns else pa.table({spec.id: ids.values})
    served = Served(spec, provenance, ids, kept, np.empty((0, 4)), features)
    return replace(served, bounds=_measure(served) if bounds is None else bounds)


def _join(column: pa.ChunkedArray) -> pa.Array:
    """One piece; pieces are joined only where there are several (none is empty)."""
    if column.num_chunks == 1:
        return column.chunk(0)
    joined = column.combine_chunks()
    return joined if isinstance(joined, pa.Array) else pa.array([], type=column.type)


def _measure(served: Served) -> NDArray[np.float64]:
    if served.features is not None:
        return np.asfortranarray(served.features.bounds)
    if not served.has_geometry:
        return np.full((served.count, 4), np.nan)
    return np.asfortranarray(shapely.bounds(served.shapes()))


def write_served(layer: Layer, folder: Path) -> None:
    """Write a disclosed layer as workers will map it: columns, and feature bytes of a small one."""
    name = layer.spec.name
    table = tabulate_layer(layer)
    table = table.drop_columns(["bbox"]) if "bbox" in table.column_names else table
    with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink, \
            pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks(), max_chunksize=max(1, table.num_rows))
    sync_file(folder / f"{name}.arrow")
    if _is_prepared(layer):
        write_features(encode_features(layer), folder, name)
    elif layer.spec.geometry != "none":
        bounds = shapely.bounds(layer.frame[GEOMETRY].to_numpy())
        np.save(folder / f"{name}.bounds.npy", np.asfortranarray(bounds))
        sync_file(folder / f"{name}.bounds.npy")


def map_served(folder: Path, spec: LayerSpec, provenance: Provenance) -> Served | None:
    """Open what `write_served` wrote, mapped into memory; None where there is nothing."""
    path = folder / f"{spec.name}.arrow"
    if not path.is_file():
        return None
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    features = map_features(folder, spec.name, Ids(_join(table[spec.id])))
    bounds = None
    if features is None and spec.geometry != "none":
        bounds = np.load(folder / f"{spec.name}.bounds.npy", mmap_mode="r")
        if len(bounds) != len(table):
            raise ValueError(f"{spec.name}: prepared bounds are cut off")
    return _assemble(spec, provenance, table, features, bounds)

