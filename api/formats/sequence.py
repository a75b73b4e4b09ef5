"""GeoJSON text sequences (RFC 8142): one feature a record, to be read as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.geojson import encode_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyproj

    from layers.geojson import Piece
    from layers.layer import Layer

RECORD_SEPARATOR = b"\x1e"
_RECORDS = 256


def encode_sequence(layer: Layer, *, crs: pyproj.CRS, title: str) -> Iterator[bytes]:
    """Write a layer as a text sequence; coordinates as they come, like those of a GeoJSON page.

    Where feature bytes are prepared, `write_sequence` needs no layer at all.
    """
    del crs, title
    features = encode_features(layer)
    return write_sequence(
        bytes(features.buffer[features.starts[row] : features.starts[row + 1] - 1])
        for row in range(features.count)
    )


def write_sequence(features: Iterable[Piece]) -> Iterator[bytes]:
    r"""Frame features one by one: a record separator before, a line feed behind.

    Examples
    --------
    >>> list(write_sequence([b'{"id":"a"}', b'{"id":"b"}']))
    [b'\x1e{"id":"a"}\n\x1e{"id":"b"}\n']
    """
    held: list[Piece] = []
    for feature in features:
        held += (RECORD_SEPARATOR, feature, b"\n")
        if len(held) >= 3 * _RECORDS:
            yield b"".join(held)
            held = []
    if held:
        yield b"".join(held)
