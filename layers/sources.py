"""What passes between a file, the adapter that understands it, and intake.

A reader opens a format (`Grid`, records or a geographic frame), an adapter knows an upstream and
returns a `Haul`: every record of the file as one row of a georisk layer, nothing judged yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd
    from shapely import MultiPolygon, Polygon

    from layers.spec import LayerSpec

# Columns that an adapter may add for the checks that follow. They never reach a layer.
RECORD, SOURCE = "_record", "_source"
COUNTRY, PLACE, SCOPE, HAUL = "_country", "_place", "_scope", "_haul"
ASIDE_COLUMNS = (RECORD, SOURCE, COUNTRY, PLACE, SCOPE, HAUL)


@dataclass(frozen=True)
class Grid:
    """One sheet as it stands in a file, header rows and all.

    Attributes
    ----------
    name : str
        Name of the sheet; empty for a text file.
    cells : DataFrame
        All text, columns 0 to n - 1, missing cells empty; row k is record ``first_record + k``.
    first_record : int
        Number, from 1, that a person sees beside the first row in a spreadsheet.
    notes : tuple of str
        How it was read: encoding, separator, merged cells that were filled.
    """

    name: str
    cells: pd.DataFrame
    first_record: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """The beginning of a file, enough to tell who wrote it.

    Attributes
    ----------
    path : Path
    format : str
        What the bytes say, whatever the name says: csv, xlsx, xls, ods, json, geojson,
        geojsonseq, gpkg, shp, kml, kmz, gpx, fgb, parquet, osm, pbf, zip, html, text.
    rows : tuple of tuple of str
        Up to 40 first rows of the first sheet or of the text file; empty where there are none.
    keys : frozenset of str
        Keys of the first JSON record or the attribute names of the first geographic layer.
    sheets : tuple of str
        Names of the sheets or layers.
    """

    path: Path
    format: str
    rows: tuple[tuple[str, ...], ...] = ()
    keys: frozenset[str] = frozenset()
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What a study wants from a file.

    Attributes
    ----------
    spec : LayerSpec
        The layer to fill.
    columns : mapping
        Column of the layer to the name it has in the file, as the study states it.
    sheet : str
        Sheet or layer to read; empty is the first that holds a table.
    owner : str
        Whose rows they are.
    area : Polygon or MultiPolygon, optional
        EPSG:4326. An extract of OpenStreetMap is cut to it while it is read.
    """

    spec: LayerSpec
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    sheet: str = ""
    owner: str = ""
    area: Polygon | MultiPolygon | None = None


@dataclass(frozen=True)
class Haul:
    """What an adapter found in one file.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        One row a record of the file, in its order, columns of the layer as text (or typed where
        the format has types); ``lon`` and ``lat`` or a geometry; and any of `ASIDE_COLUMNS`.
    notes : tuple of str
        What was recognised and how it was read, one line each, for a person.
    unmapped : mapping
        What was not understood: a heading ("cause of death", "column not used") to the values
        and how often each occurs. Never values of free text or personal columns.
    scope : str
        Which part of its register this file is an edition of ("iom 2021"): records of the same
        scope that a later edition lacks have vanished. Empty: the file says nothing of others.
        Where the frame has a column ``_scope``, each row says it for itself.
    defaults : frozenset of str
        Columns that the file does not have and the adapter filled: they are for new rows, and
        change nothing in rows that are known.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    unmapped: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    scope: str = ""
    defaults: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Adapter:
    """One upstream.

    Attributes
    ----------
    name : str
        As ``--adapter`` and ``adapter =`` spell it.
    layers : tuple of str
        Layers that it can fill; empty is any.
    recognise : callable
        From a `Sample` to the reason why it is this upstream, empty if it is not.
    read : callable
        From a path and what is wanted to a `Haul`. Raises ValueError, OSError or `LayerError` on
        a file that is not what it seems.
    """

    name: str
    layers: tuple[str, ...]
    recognise: Callable[[Sample], str]
    read: Callable[[Path, Wanted], Haul]
