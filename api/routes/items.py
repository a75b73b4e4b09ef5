"""The features of a collection, by page or one by one, from bytes prepared beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from api.answering.answers import answer, answer_json, dump_json
from api.answering.validators import accepts_gzip
from api.asking.ask import Doorway
from api.asking.crs import CRS84, place_shapes
from api.asking.parameters import LIMIT_DEFAULT, LIMIT_SHOWN
from api.asking.selection import Page, read_reference, select_page
from api.asking.tokens import write_token
from api.errors import NotAcceptableError, ParameterError
from api.formats import ENCODERS, list_formats, write_sequence
from layers.errors import NotShownError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from api.asking.ask import Ask
    from api.asking.crs import Reference
    from layers.geojson import Piece
    from layers.layer import Layer
    from layers.served import Served

PARAMETERS = (
    "bbox", "bbox-crs", "crs", "datetime", "f", "filter", "filter-crs", "filter-lang", "limit",
    "properties", "sortby", "token",
)
_SLOW = ("filter", "sortby", "crs", "properties")
_MANY, _MANY_PACKED = 2_000_000, 100_000  # bytes that others may be kept waiting for


def read_items(ask: Ask) -> Response:
    """Return a page of features (RFC 7946).

    A collection without a time of its own ignores ``datetime``, and one without geometry
    ``bbox``: features without one match whatever is asked of it, as the standard says. There is
    no ``timeStamp``: it would make every answer differ from the one before, and the strong ETag
    untrue; the ``Date`` header says it.
    """
    name = ask.names["collection"]
    served = ask.room.served(name)
    if ask.format not in ("html", "geojson", *list_formats(served.spec)):
        raise NotAcceptableError(f"{name} has no geometry, and {ask.format} cannot do without.")
    # Chosen before the ETag is compared: a token of another run is gone, held or not.
    values = dict(ask.values)
    if ask.format == "html":
        values["limit"] = min(values.get("limit", LIMIT_DEFAULT), LIMIT_SHOWN)
    page = select_page(ask.room, name, values)
    reference = read_reference(ask.room, ask.values, "crs")
    names = _choose_columns(served, ask.values.get("properties"))
    headers = _write_headers(ask, page, reference)
    if ask.format == "html":
        return answer_json(ask, lambda: _show_page(ask, page), headers=headers)
    if ask.format != "geojson":
        return answer(ask, lambda: _encode_page(ask, served, page, names), headers=headers)
    return answer(ask, lambda: _write_page(ask, served, page, names), headers=headers)


def _choose_columns(served: Served, asked: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if asked is None:
        return None
    known = served.spec.columns
    if any(name not in known for name in asked):
        raise ParameterError(f"properties: there are {', '.join(known)}.")
    return tuple(name for name in known if name in asked)


def _write_headers(ask: Ask, page: Page, reference: Reference) -> dict[str, str]:
    headers = {
        "OGC-NumberMatched": str(page.matched),
        "OGC-NumberReturned": str(len(page.rows)),
        **_tell_crs(ask, reference),
    }
    if ask.format not in {"geojson", "html"}:
        name, ending = ask.names["collection"], ENCODERS[ask.format].extension
        headers["Content-Disposition"] = f'inline; filename="{name}.{ending}"'
    if ask.format != "geojson":
        headers["Link"] = ", ".join(
            f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"'
            for link in _list_links(ask, page)
        )
    return headers


def _tell_crs(ask: Ask, reference: Reference) -> dict[str, str]:
    """Say what the coordinates are in; pages show degrees, and tables have none."""
    if ask.format == "html" or ask.room.spec(ask.names["collection"]).geometry == "none":
        return {}
    return {"Content-Crs": f"<{reference.uri}>"}


def _list_links(ask: Ask, page: Page) -> list[dict[str, str]]:
    collection = ask.link(f"/collections/{ask.names['collection']}", "collection",
                          "The collection")
    spec = ask.room.spec(ask.names["collection"])
    links = [*ask.link_formats((*list_formats(spec), "html")), collection]
    if page.last_id:
        links.append(ask.link_next(write_token(ask.room.door.run_id, page.last_id)))
    return links


def _write_page(
    ask: Ask, served: Served, page: Page, names: tuple[str, ...] | None
) -> Sequence[Piece]:
    head = b'{"type":"FeatureCollection","numberMatched":%d,"numberReturned":%d,"links":' % (
        page.matched,
        len(page.rows),
    )
    return [
        head, dump_json(_list_links(ask, page)), b',"features":[',
        *_join(_encode_features(ask, served, page.rows, names)), b"]}",
    ]


def _join(features: Sequence[Piece]) -> Sequence[Piece]:
    """Features with commas between them; what lies side by side in memory is one already."""
    return features if len(features) < 2 else [b",".join(features)]  # noqa: PLR2004 - one needs none


def _encode_features(
    ask: Ask, served: Served, rows: np.ndarray[tuple[int], np.dtype[np.intp]],
    names: tuple[str, ...] | None,
) -> Sequence[Piece]:
    reference = read_reference(ask.room, ask.values, "crs")
    shapes = None
    if reference.uri != CRS84 and served.has_geometry:
        shapes = place_shapes(served.shapes(rows), reference)
    whole = served.features if names is None and shapes is None else None
    if whole is not None and len(rows) and rows[-1] - rows[0] == len(rows) - 1 \
            and "sortby" not in ask.values:
        return [whole.span(int(rows[0]), int(rows[-1]) + 1)]
    return served.encode(rows, names, shapes)


def _encode_page(
    ask: Ask, served: Served, page: Page, names: tuple[str, ...] | None
) -> Sequence[Piece]:
    """Write a page in another format, in the reference system asked for."""
    reference = read_reference(ask.room, ask.values, "crs")
    plain = names is None and reference.uri == CRS84
    if ask.format == "geojsonseq" and plain:
        return list(write_sequence(served.encode(page.rows)))
    layer = served.take(page.rows, names)
    if served.has_geometry:
        layer = _place_layer(layer, reference)
    encoder = ENCODERS[ask.format]
    title = served.spec.title.get("en", served.spec.name)
    return list(encoder.encode(layer, crs=reference.crs, title=title))


def _place_layer(layer: Layer, reference: Reference) -> Layer:
    from dataclasses import replace

    shapes = place_shapes(layer.frame["geometry"].to_numpy(), reference)
    return replace(layer, frame=layer.frame.assign(geometry=shapes))


def _show_page(ask: Ask, page: Page) -> dict[str, object]:
    """Return the document that a person is shown: features in longitude and latitude."""
    import orjson

    name = ask.names["collection"]
    features = ask.room.served(name).encode(page.rows)
    return {
        "type": "FeatureCollection",
        "numberMatched": page.matched,
        "numberReturned": len(page.rows),
        "links": _list_links(ask, page),
        "features": [orjson.loads(feature) for feature in features],
    }


def read_item(ask: Ask) -> Response:
    """Return one feature.

    Raises
    ------
    NotShownError
        If there is none by this id.
    """
    name = ask.names["collection"]
    served = ask.room.served(name)
    row = served.find(ask.names["feature"])
    if row is None:
        raise NotShownError(name)
    reference = read_reference(ask.room, ask.values, "crs")
    headers = _tell_crs(ask, reference)
    if ask.format == "html":
        return answer_json(ask, lambda: _show_item(ask, row), headers=headers)
    return answer(ask, lambda: _write_item(ask, served, row), headers=headers)


def _write_item(ask: Ask, served: Served, row: int) -> Sequence[Piece]:
    (feature,) = _encode_features(ask, served, np.array([row]), None)
    return [feature[:-1], b',"links":', dump_json(_link_item(ask)), b"}"]


def _link_item(ask: Ask) -> list[dict[str, str]]:
    path = f"/collections/{ask.names['collection']}"
    return [*ask.link_formats(), ask.link(path, "collection", "The collection")]


def _show_item(ask: Ask, row: int) -> dict[str, object]:
    import orjson

    (feature,) = ask.room.served(ask.names["collection"]).encode(np.array([row]))
    return {**orjson.loads(feature), "links": _link_item(ask)}


def _is_heavy(ask: Ask) -> bool:
    """Whether others would be kept waiting: more than a slice of what is prepared."""
    values = ask.values
    if ask.format not in {"geojson", "geojsonseq"} or any(name in values for name in _SLOW):
        return True
    served = ask.room.served(ask.names["collection"])
    if served.features is None or ("bbox" in values and served.spec.geometry != "Point"):
        return True
    page_bytes = values.get("limit", LIMIT_DEFAULT) * len(served.features.buffer) / max(
        served.count, 1)
    return bool(page_bytes > (_MANY_PACKED if accepts_gzip(ask) else _MANY))


DOORWAYS = (
    Doorway("/collections/{collection}/items", read_items, PARAMETERS, heavy=_is_heavy,
            formats=("geojson", "html", *ENCODERS),
            page="items", answers="features"),
    Doorway("/collections/{collection}/items/{feature}", read_item, ("crs", "f"),
            formats=("geojson", "html"), page="item", answers="feature"),
)
