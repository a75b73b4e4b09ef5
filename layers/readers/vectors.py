"""Geographic formats through GDAL, and GeoParquet: only what the bytes say, only local files."""

from __future__ import annotations

import mmap
import re
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from layers.crs import WGS84
from layers.readers.archives import unpack
from layers.readers.formats import sniff_format
from layers.readers.guard import MAX_CELLS, blame_file, check_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

# What GDAL must say it opened, and the name it gets for that: GDAL trusts names as well.
_DRIVERS = {
    "geojson": ("GeoJSON", ".geojson"), "geojsonseq": ("GeoJSONSeq", ".geojsonl"),
    "gpkg": ("GPKG", ".gpkg"), "kml": ("LIBKML", ".kml"), "gpx": ("GPX", ".gpx"),
    "fgb": ("FlatGeobuf", ".fgb"), "shp": ("ESRI Shapefile", ".shp"),
}
# Every request goes to a proxy that does not exist: port 9 of this machine.
_NO_ARROW = frozenset({"fgb"})  # of a damaged one GDAL's Arrow columns point outside their memory
_OFFLINE = {"GDAL_HTTP_PROXY": "http://127.0.0.1:9", "GDAL_HTTP_CONNECTTIMEOUT": "1",
            "GDAL_HTTP_TIMEOUT": "1"}
_REMOTE = re.compile(
    rb'gdal_streamed_alg|"crs"\s*:\s*\{\s*"type"\s*:\s*"(?:link|url)"', re.IGNORECASE)
_SHAPE_PARTS = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})
# How a globe should draw a KML feature: no attribute of the place.
_DRAWING = ["tessellate", "extrude", "visibility", "drawOrder", "altitudeMode", "icon", "snippet"]
_GPX_SHEETS = ("waypoints", "routes", "tracks")
_JOINED = frozenset({"kml", "kmz", "gpx"})
FOLDER = "folder"
MAX_PARQUET_BYTES = 4_000_000_000


def read_vector(path: Path, *, sheet: str = "", id_: str = "") -> gpd.GeoDataFrame:
    """Read a geographic file.

    KML, KMZ and GPX keep one thing in several layers (folders; waypoints, routes and tracks):
    without `sheet` all are read, and column ``folder`` names the layer. Of others, the first.

    Parameters
    ----------
    sheet, id_ : str
        Layer to read; for a zipped shapefile the name without ``.shp``. Column of ids: where it
        is a GeoPackage's own number of a row (``fid``), that becomes a column.

    Returns
    -------
    GeoDataFrame
        Index from 0; CRS as the file says, None where a shapefile lacks its ``.prj``.

    Raises
    ------
    ValueError
        If the file is damaged, refused, or holds no geometry.
    """
    import geopandas as gpd

    frame = read_frame(path, sheet=sheet, id_=id_)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ValueError("holds no geometry")  # noqa: TRY004 - the file is wrong, not a type
    return frame


def read_frame(path: Path, *, sheet: str = "", id_: str = "") -> pd.DataFrame:
    """Read a geographic file as `read_vector`, or a Parquet or GeoPackage table without geometry.

    Raises
    ------
    ValueError
        As `read_vector`.
    """
    found = sniff_format(path)
    if found == "parquet":
        return _read_parquet(path)
    with _open_local(path, found) as sources:
        sheets = [(source, layer) for source in sources for layer in _list_layers(source, found)]
        if sheet:
            sheets = [pair for pair in sheets if pair[1] == sheet]
            if not sheets:
                raise ValueError("has no layer of the name asked for")
        if not sheets:
            raise ValueError("holds no features")
        chosen = sheets if found in _JOINED else sheets[:1]
        frames = [_read_layer(source, layer, found, id_) for source, layer in chosen]
    return _join(frames, [layer for _, layer in chosen]) if found in _JOINED else frames[0]


def list_sheets(path: Path) -> tuple[str, ...]:
    """Layers of a geographic file that hold features; a GeoParquet file has one without a name.

    Raises
    ------
    ValueError
        As `read_vector`.
    """
    found = sniff_format(path)
    if found == "parquet":
        return ("",)
    with _open_local(path, found) as sources:
        return tuple(layer for source in sources for layer in _list_layers(source, found))


def list_fields(path: Path) -> tuple[str, ...]:
    """Attribute names of the first layer.

    Raises
    ------
    ValueError
        As `read_vector`.
    """
    found = sniff_format(path)
    if found == "parquet":
        return tuple(map(str, _check_parquet(path)))
    with _open_local(path, found) as sources, _ask_gdal(found):
        import pyogrio

        for source in sources:
            for layer in _list_layers(source, found):
                fields = map(str, pyogrio.read_info(source, layer=layer)["fields"])
                return tuple(name for name in fields if name not in _DRAWING)
    return ()


@contextmanager
def _ask_gdal(found: str) -> Iterator[None]:
    """Call GDAL without a network: a GeoJSON may name its CRS by an address, and GDAL would go."""
    with blame_file(f"a {found} file"), warnings.catch_warnings():
        import pyogrio

        warnings.simplefilter("ignore")
        before = {name: pyogrio.get_gdal_config_option(name) for name in _OFFLINE}
        pyogrio.set_gdal_config_options(_OFFLINE)
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options(before)


@contextmanager
def _open_local(path: Path, found: str) -> Iterator[list[Path]]:
    """Files for GDAL, under a name that fits the bytes, in a folder without neighbours."""
    if found == "shp":
        with _open_shapes(path) as shapes:
            yield shapes
        return
    if found == "kmz":
        with unpack(path, frozenset({".kml"})) as folder:
            documents = sorted(folder.rglob("*.[kK][mM][lL]"))
            for document in documents:
                _expect(document, "kml")
            yield documents
        return
    if found not in _DRIVERS:
        raise ValueError(f"{found}: not a geographic format that is read")
    check_size(path)
    if found in {"geojson", "geojsonseq"}:
        _refuse_remote(path)
    folder = Path(tempfile.mkdtemp(prefix="georisk-"))
    try:
        local = folder / f"{path.stem[:60] or 'data'}{_DRIVERS[found][1]}"
        _place(path, local)
        yield [local]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refuse_remote(path: Path) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if _REMOTE.search(data):
            raise ValueError("GeoJSON that refers to an address or a program: refused")


def _place(path: Path, local: Path) -> None:
    try:
        local.symlink_to(path.resolve())
    except OSError:  # file systems and accounts that have no links
        shutil.copyfile(path, local)


def _expect(path: Path, found: str) -> None:
    if sniff_format(path) != found:
        raise ValueError(f"a file that is no {found.upper()} though its name says so")


@contextmanager
def _open_shapes(path: Path) -> Iterator[list[Path]]:
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if packed:
        with unpack(path, _SHAPE_PARTS) as folder:
            yield _check_shapes(sorted(folder.rglob("*.[sS][hH][pP]")))
        return
    parts = [file for file in path.parent.iterdir()
             if file.stem == path.stem and file.suffix.lower() in _SHAPE_PARTS]
    folder = Path(tempfile.mkdtemp(prefix="georisk-"))
    try:
        for part in parts:
            if part.suffix.lower() != ".shp":
                check_size(part)
                _place(part, folder / f"{path.stem}{part.suffix.lower()}")
        shape = folder / f"{path.stem}.shp"
        _place(path, shape)
        yield _check_shapes([shape])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_shapes(shapes: list[Path]) -> list[Path]:
    for shape in shapes:
        beside = {file.suffix.lower() for file in shape.parent.iterdir()
                  if file.stem == shape.stem}
        if missing := {".shx", ".dbf"} - beside:
            raise ValueError(f"a shapefile without its {' and '.join(sorted(missing))}: "
                             "give all its files, or a zip of them")
        _expect(shape, "shp")
    return shapes


def _list_layers(source: Path, found: str) -> list[str]:
    with _ask_gdal(found):
        import pyogrio

        names = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
        if found == "gpx":
            names = [name for name in _GPX_SHEETS if name in names]
        driver = _DRIVERS["kml" if found == "kmz" else found][0]
        filled = []
        for name in names:
            info = pyogrio.read_info(source, layer=name, force_feature_count=True)
            if info["driver"] != driver:
                raise ValueError(info["driver"])
            if info["features"]:
                filled.append(name)
    return filled


def _read_layer(source: Path, layer: str, found: str, id_: str) -> pd.DataFrame:
    with _ask_gdal(found):
        import pyogrio

        info = pyogrio.read_info(source, layer=layer)
    _check_cells(info["features"], len(info["fields"]))
    with _ask_gdal(found):
        numbered = bool(id_) and id_ == info["fid_column"]
        frame = pyogrio.read_dataframe(source, layer=layer, use_arrow=found not in _NO_ARROW,
                                       on_invalid="ignore", fid_as_index=numbered)
    frame = frame.rename_axis(index=id_).reset_index(drop=not numbered)
    return frame.drop(columns=_DRAWING, errors="ignore") if found in {"kml", "kmz"} else frame


def _check_cells(rows: int, columns: int) -> None:
    if rows * max(columns, 1) > MAX_CELLS:
        raise ValueError(f"more than {MAX_CELLS:,} values: cut the file to the region needed")


def _join(frames: list[pd.DataFrame], layers: list[str]) -> pd.DataFrame:
    with blame_file("a geographic file"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        named = [frame.assign(**{FOLDER: layer}).dropna(axis=1, how="all")
                 for frame, layer in zip(frames, layers, strict=True)]
        return pd.concat(named, ignore_index=True).set_crs(WGS84, allow_override=True)


def _check_parquet(path: Path) -> list[str]:
    check_size(path)
    with blame_file("a Parquet file"):
        import pyarrow.parquet as pq

        meta = pq.read_metadata(path)
        schema = pq.read_schema(path)
        groups = [meta.row_group(k).total_byte_size for k in range(meta.num_row_groups)]
    _check_cells(meta.num_rows, len(schema.names))
    if sum(groups) > MAX_PARQUET_BYTES:
        raise ValueError("a Parquet file of more than 4 GB unpacked")
    return [name for name in schema.names if name != "geometry"]


def _read_parquet(path: Path) -> pd.DataFrame:
    _check_parquet(path)
    with blame_file("a Parquet file"), warnings.catch_warnings():
        import geopandas as gpd
        import pyarrow.parquet as pq

        warnings.simplefilter("ignore")
        geographic = b"geo" in (pq.read_schema(path).metadata or {})
        frame = gpd.read_parquet(path) if geographic else pd.read_parquet(path)
        return frame.reset_index(drop=True)
