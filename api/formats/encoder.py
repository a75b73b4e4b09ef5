"""What a format is: the ending of its files, what writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyproj
    from numpy.typing import NDArray

    from layers.layer import Layer

PIECE_BYTES = 65_536
DECIMALS_DEGREES = 7
DECIMALS_METRES = 3


class Encode(Protocol):
    """Writes a disclosed layer, in pieces.

    ``crs`` is that of its geometry, whose coordinates stand in the order of that system's axes,
    as `api.asking.crs.place_shapes` returns them; ``title`` is for a person.
    """

    def __call__(self, layer: Layer, *, crs: pyproj.CRS, title: str) -> Iterable[bytes]:
        """Write the layer, in pieces."""


@dataclass(frozen=True)
class Encoder:
    """One format.

    Attributes
    ----------
    extension : str
        Ending of a file's name, without the dot.
    encode : callable
        Takes a `layers.layer.Layer`, and ``crs`` and ``title`` as keywords.
    """

    extension: str
    encode: Encode


def cut_bytes(body: bytes | memoryview) -> Iterator[bytes]:
    """Cut a body into pieces that a server can send one after the other.

    Examples
    --------
    >>> [len(piece) for piece in cut_bytes(bytes(70_000))]
    [65536, 4464]
    """
    for start in range(0, len(body), PIECE_BYTES):
        yield bytes(body[start : start + PIECE_BYTES])


def is_synthetic(layer: Layer) -> bool:
    """Tell whether a layer rests on illustrative rows: its own column or its origin says so."""
    if "synthetic" in layer.frame:
        return bool(layer.frame["synthetic"].fillna(value=False).any())
    return layer.provenance.synthetic


def find_decimals(crs: pyproj.CRS) -> int:
    """Decimals that say a centimetre in degrees, a millimetre in metres.

    Examples
    --------
    >>> import pyproj
    >>> find_decimals(pyproj.CRS("OGC:CRS84")), find_decimals(pyproj.CRS(3857))
    (7, 3)
    """
    return DECIMALS_DEGREES if crs.is_geographic else DECIMALS_METRES


def put_east_first(shapes: NDArray[np.object_], crs: pyproj.CRS) -> NDArray[np.object_]:
    """Put the easting or longitude first, as files have it whatever their system says.

    Examples
    --------
    >>> import pyproj
    >>> points = shapely.points([[14.5, -92.25]])
    >>> put_east_first(points, pyproj.CRS("EPSG:4326"))[0].wkt
    'POINT (-92.25 14.5)'
    >>> put_east_first(points, pyproj.CRS("OGC:CRS84"))[0].wkt
    'POINT (14.5 -92.25)'
    """
    axes = crs.axis_info
    if axes and axes[0].direction in {"north", "south"}:
        return np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]))
    return shapes
