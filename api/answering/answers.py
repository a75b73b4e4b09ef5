"""How an answer is written: its body, or 304; whole, packed or in pieces; as JSON or as a page."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from api.answering.bodies import CHUNK_BYTES, Pieces
from api.answering.validators import accepts_gzip, holds_already, write_validators
from api.pages import render_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from api.asking.ask import Ask
    from layers.geojson import Piece

_GZIP_LEVEL = 5
NO_HEADERS: Mapping[str, str] = {}


def answer(
    ask: Ask, build: Callable[[], bytes | Sequence[Piece]], *, media: str = "",
    headers: Mapping[str, str] = NO_HEADERS,
) -> Response:
    """Answer with a body, or with 304 if the asker has it.

    Parameters
    ----------
    ask : Ask
    build : callable
        Makes the body, whole or in pieces; called only if it is needed. The same ask must give
        the same bytes: that is what the strong ETag promises.
    media : str
        Media type; by default that of the format chosen.
    headers : dict
        More of them; a 304 carries them too.
    """
    packed = accepts_gzip(ask)
    own = {**write_validators(ask, packed=packed), **headers}
    if holds_already(ask, own):
        return Response(status_code=304, headers=own)
    body = build()
    media = media or ask.media
    if packed:
        whole = body if isinstance(body, bytes) else b"".join(body)
        small = gzip.compress(whole, compresslevel=_GZIP_LEVEL, mtime=0)
        return Response(small, media_type=media, headers={**own, "Content-Encoding": "gzip"})
    if isinstance(body, bytes) and len(body) <= CHUNK_BYTES:
        return Response(body, media_type=media, headers=own)
    if not isinstance(body, bytes) and sum(map(len, body)) <= CHUNK_BYTES:
        # One write where it fits: each costs more than joining.
        return Response(b"".join(body), media_type=media, headers=own)
    return Pieces([body] if isinstance(body, bytes) else body, media=media, headers=own)


def answer_json(
    ask: Ask, body: Callable[[], Any], *, headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """Answer with a JSON document, or with the page that shows it to a person."""
    if ask.format == "html":
        return answer(ask, lambda: render_page(ask.doorway.page, body(), ask), headers=headers)
    return answer(ask, lambda: dump_json(body()), headers=headers)


def dump_json(body: object) -> bytes:
    """Write JSON; a number that is none (NaN) is null."""
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
