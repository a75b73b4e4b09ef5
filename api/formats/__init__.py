"""A page of a disclosed layer in the formats that other programs read.

Each encoder is given rows that have passed the gate, with their geometry in the CRS asked for, and
returns the body in pieces. The same rows give the same bytes, whenever and wherever they are
written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.formats.columnar import encode_geoparquet
from api.formats.encoder import Encoder
from api.formats.sequence import encode_sequence, write_sequence
from api.formats.text import encode_csv
from api.formats.vector import encode_flatgeobuf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.spec import LayerSpec

ENCODERS: Mapping[str, Encoder] = {
    "geojsonseq": Encoder("geojsons", encode_sequence),
    "csv": Encoder("csv", encode_csv),
    "flatgeobuf": Encoder("fgb", encode_flatgeobuf),
    "geoparquet": Encoder("parquet", encode_geoparquet),
}

# What these hold is drawn: a table has nothing to put there.
_DRAWN = frozenset({"flatgeobuf"})


def list_formats(spec: LayerSpec) -> tuple[str, ...]:
    """Formats that the features of a layer can be had in, beside pages for people.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> "flatgeobuf" in list_formats(find_spec("activity"))
    False
    """
    return ("geojson", *(name for name in ENCODERS
                         if spec.geometry != "none" or name not in _DRAWN))


__all__ = ["ENCODERS", "Encoder", "list_formats", "write_sequence"]
