"""The features of a collection, by page or one by one, from bytes prepared beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from api.answers import GEOJSON, Doorway, answer, dump_json
from api.parameters import write_token
from api.selection import Page, select_page
from layers.errors import NotShownError

if TYPE_CHECKING:
    from starlette.responses import Response

    from api.answers import Ask

PARAMETERS = ("bbox", "datetime", "f", "limit", "token")


def read_items(ask: Ask) -> Response:
    """Return a page of features (RFC 7946).

    A collection without a time of its own ignores ``datetime``, and one without geometry
    ``bbox``: features without one match whatever is asked of it, as the standard says. There is
    no ``timeStamp``: it would make every answer differ from the one before, and the strong ETag
    untrue; the ``Date`` header says it.
    """
    name = ask.names["collection"]
    # Chosen before the ETag is compared: a token of another run is gone, held or not.
    page = select_page(ask.room, name, ask.values)
    return answer(ask, lambda: _write_page(ask, name, page), media=GEOJSON)


def _write_page(ask: Ask, name: str, page: Page) -> bytes:
    links = [
        ask.link_self(GEOJSON),
        ask.link(f"/collections/{name}", "collection", "The collection"),
    ]
    if page.last_id:
        links.append(ask.link_next(write_token(ask.room.door.run_id, page.last_id)))
    head = b'{"type":"FeatureCollection","numberMatched":%d,"numberReturned":%d,"links":' % (
        page.matched,
        len(page.rows),
    )
    body = ask.room.features(name).join(page.rows)
    return b"".join((head, dump_json(links), b',"features":[', body, b"]}"))


def read_item(ask: Ask) -> Response:
    """Return one feature.

    Raises
    ------
    NotShownError
        If there is none by this id.
    """
    name = ask.names["collection"]
    features = ask.room.features(name)
    row = features.find(ask.names["feature"])
    if row is None:
        raise NotShownError(name)
    links = [
        ask.link_self(GEOJSON),
        ask.link(f"/collections/{name}", "collection", "The collection"),
    ]

    def build() -> bytes:
        feature = features.join(np.array([row]))
        return feature[:-1] + b',"links":' + dump_json(links) + b"}"

    return answer(ask, build, media=GEOJSON)


DOORWAYS = (
    Doorway("/collections/{collection}/items", read_items, PARAMETERS),
    Doorway("/collections/{collection}/items/{feature}", read_item, ("f",)),
)
