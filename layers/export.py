"""A disclosed layer as a file that other programs open."""

from __future__ import annotations

import csv
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pandas as pd
import pyogrio

from layers.errors import CallError
from layers.geojson import encode_features
from layers.sheets.roundtrip import defuse_cell
from layers.sheets.workbook import list_columns, open_book, write_margin, write_rows
from layers.values.moments import is_moment, write_moments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from layers.layer import Layer

_DRIVERS: Mapping[str, str] = {
    "gpkg": "GPKG", "fgb": "FlatGeobuf", "kml": "KML", "gpx": "GPX",
}
_LINES_ARE_WAYS = frozenset({"kml", "gpx"})
_EMPTY_AS = {"Point": "Point", "LineString": "LineString", "Polygon": "MultiPolygon"}
_HOLD_MOMENTS = frozenset({"GPKG", "FlatGeobuf"})
_DECIMALS = 7


def export_layer(layer: Layer, path: Path, *, format_: str, marking: Mapping[str, str]) -> None:
    """Write a disclosed layer to a file.

    Parameters
    ----------
    layer : Layer
        What `layers.disclosure.disclose` returned.
    format_ : str
        geojson, geojsonseq, gpkg, fgb, parquet, csv, xlsx, kml or gpx.
    marking : mapping
        Audience, holder, expiry, run and whether synthetic: written into the file where the
        format has room for it.

    Raises
    ------
    CallError
        If the format is unknown or cannot hold the layer, or if the path is something other
        than a file.
    """
    if format_ not in FORMATS:
        raise CallError(f"--format {format_!r}: there are {', '.join(FORMATS)}")
    needs_shapes = format_ in {"gpkg", "fgb", "kml", "gpx"}
    if needs_shapes and layer.spec.geometry == "none":
        raise CallError(f"{layer.spec.name} has no geometry: give csv, xlsx, geojson or parquet")
    if format_ == "gpx":
        _check_gpx(layer)
    if (path.exists() or path.is_symlink()) and not path.is_file():
        raise CallError(f"{path} is there already and is no file: choose another name")
    _write_aside(layer, path.resolve(), format_=format_, marking=marking)


def _check_gpx(layer: Layer) -> None:
    """GPX holds points and lines, one kind a file here."""
    kinds = {kind.removeprefix("Multi") for kind in layer.frame.geom_type.dropna()}
    if layer.spec.geometry == "Polygon" or kinds - {"Point", "LineString"} or len(kinds) > 1:
        raise CallError(f"{layer.spec.name}: gpx holds points or lines only; give gpkg, geojson "
                        "or kml")


def _write_aside(layer: Layer, path: Path, *, format_: str, marking: Mapping[str, str]) -> None:
    """Write beside the target, then put in place at once: a failure leaves what was there."""
    try:
        aside = Path(tempfile.mkdtemp(prefix=".export-", dir=path.parent))
    except OSError as error:
        raise CallError(f"{path.parent}: {error.strerror}") from error
    try:
        written = aside / f"{layer.spec.name}.{format_}"
        FORMATS[format_](layer, written, marking)
        if marking.get("audience", "public") != "public":
            written.chmod(0o600)
        written.replace(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def is_way(layer: Layer, format_: str) -> bool:
    """Tell whether a file would lead somebody along a line: KML or GPX of legs and segments."""
    lines = layer.spec.geometry in {"LineString", "Geometry"}
    return lines and format_ in _LINES_ARE_WAYS and layer.spec.role in {"route", "result"}


def flatten_for_spreadsheet(frame: pd.DataFrame) -> pd.DataFrame:
    """Lists joined by ``;``, days and moments as text, no cell that could be a formula.

    Examples
    --------
    >>> import pandas as pd
    >>> flatten_for_spreadsheet(pd.DataFrame({"a": ["=1+1"], "b": [("p", "q")]})).iloc[0].to_list()
    ["'=1+1", 'p;q']
    """
    flat = _flatten(frame)
    return flat.assign(**{
        name: flat[name].map(defuse_cell) for name in flat.columns if _is_texty(flat[name])
    })


def write_csv_text(frame: pd.DataFrame) -> str:
    """Write rows as CSV that a spreadsheet cannot mistake for formulas.

    Examples
    --------
    >>> import pandas as pd
    >>> print(write_csv_text(pd.DataFrame({"a": ["+502 1"], "b": [True]})), end="")
    a,b
    '+502 1,True
    """
    flat = flatten_for_spreadsheet(frame)
    # The csv module leaves a lone carriage return bare; a spreadsheet begins a new row there,
    # and what follows it, a formula perhaps, would stand in a cell of its own.
    bare = any(flat[name].astype("str").str.contains("\r").any()
               for name in flat.columns if _is_texty(flat[name]))
    quoting = csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL
    return str(flat.to_csv(index=False, lineterminator="\n", quoting=quoting))


def _flatten(frame: pd.DataFrame) -> pd.DataFrame:
    out = {}
    for name in frame.columns:
        values = frame[name]
        if is_moment(values):
            values = write_moments(values).astype("str")
        elif pd.api.types.is_datetime64_any_dtype(values):
            values = values.dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_object_dtype(values):
            values = values.map(_join_items)
        out[name] = values
    return pd.DataFrame(out, index=frame.index)


def _is_texty(values: pd.Series) -> bool:
    return bool(pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values))


def _join_items(value: object) -> object:
    return ";".join(map(str, value)) if isinstance(value, (tuple, list)) else value


def _write_geojson(layer: Layer, path: Path, marking: Mapping[str, str]) -> None:
    features = encode_features(layer)
    head = orjson.dumps({"type": "FeatureCollection", "georisk": dict(marking)})[:-1]
    body = bytes(features.buffer).rstrip(b",")
    path.write_bytes(head + b',"features":[' + body + b"]}\n")


def _write_geojsonseq(layer: Layer, path: Path, marking: Mapping[str, str]) -> None:
    del marking
    features = encode_features(layer)
    lines = (features.join([row]) + b"\n" for row in range(features.count))  # type: ignore[arg-type]
    path.write_bytes(b"".join(lines))


def _write_vector(driver: str) -> Callable[[Layer, Path, Mapping[str, str]], None]:
    def write(layer: Layer, path: Path, marking: Mapping[str, str]) -> None:
        frame = layer.frame.reset_index()
        flat = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        # Only a spreadsheet takes text for a formula; elsewhere a mark would alter the data.
        table = _flatten(flat)
        if driver in _HOLD_MOMENTS:
            table = table.assign(**{name: flat[name] for name in flat if is_moment(flat[name])})
        if driver == "GPX":
            note = "SYNTHETIC" if layer.provenance.synthetic else ""
            table = pd.DataFrame({"name": table.get("name", table[layer.spec.id]), "desc": note})
        shaped = frame[["geometry"]].join(table)
        if driver == "GPX":  # a device goes to positions: it has no use for a row without one
            shaped = shaped[shaped["geometry"].notna()]
        extra: dict[str, object] = {}
        if driver == "GPKG":
            extra["layer_metadata"] = dict(marking)
            extra |= _name_own(flat)
        if driver == "FlatGeobuf" and shaped["geometry"].isna().any():
            extra["SPATIAL_INDEX"] = "NO"  # the index has no place for a row that lies nowhere
        if not len(shaped):
            extra["geometry_type"] = _EMPTY_AS.get(layer.spec.geometry, "Unknown")
        pyogrio.write_dataframe(shaped, path, driver=driver, layer=layer.spec.name, **extra)

    return write


def _name_own(flat: pd.DataFrame) -> dict[str, object]:
    """Other names for the columns that a GeoPackage adds, where the layer has theirs."""
    taken = {str(name).casefold() for name in flat}
    own = {"FID": "fid", "GEOMETRY_NAME": "geom"}
    return {option: f"gpkg_{name}" for option, name in own.items() if name in taken}


def _write_parquet(layer: Layer, path: Path, marking: Mapping[str, str]) -> None:
    from layers.store import write_layer

    del marking
    write_layer(layer, path)


def _write_csv(layer: Layer, path: Path, marking: Mapping[str, str]) -> None:
    del marking
    frame = layer.frame.reset_index()
    if layer.spec.geometry == "Point":
        frame = _add_axes(frame)
    elif layer.spec.geometry != "none":
        frame = frame.assign(wkt=frame.geometry.to_wkt(rounding_precision=_DECIMALS))
    table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    path.write_text(write_csv_text(table), encoding="utf-8", newline="")


def _add_axes(frame: pd.DataFrame) -> pd.DataFrame:
    """Degrees with the decimals that a study keeps: fewer would read as an edit on the way back."""
    points = frame["geometry"]
    return frame.assign(lon=points.x.round(_DECIMALS), lat=points.y.round(_DECIMALS))


def _write_xlsx(layer: Layer, path: Path, marking: Mapping[str, str]) -> None:
    """One sheet, ready to be edited and imported: see `layers.sheets.roundtrip`."""
    frame = layer.frame.reset_index()
    table = _add_axes(frame) if layer.spec.geometry == "Point" else frame
    with open_book(path, title=layer.spec.title.get("en", layer.spec.name)) as book:
        sheet = write_rows(book, layer.spec, list_columns(layer.spec), table)
        write_margin(sheet, marking)


FORMATS: Mapping[str, Callable[[Layer, Path, Mapping[str, str]], None]] = {
    "geojson": _write_geojson,
    "geojsonseq": _write_geojsonseq,
    "gpkg": _write_vector(_DRIVERS["gpkg"]),
    "fgb": _write_vector(_DRIVERS["fgb"]),
    "parquet": _write_parquet,
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "kml": _write_vector(_DRIVERS["kml"]),
    "gpx": _write_vector(_DRIVERS["gpx"]),
}
