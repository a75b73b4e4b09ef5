"""Bodies sent in pieces: nothing joined that is large, nothing copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from layers.geojson import Piece

CHUNK_BYTES = 262_144


class Pieces(Response):
    """A body of several pieces, sent as they are: nothing is joined, nothing copied."""

    def __init__(
        self, pieces: Iterable[Piece], *, media: str, headers: Mapping[str, str]
    ) -> None:
        self._pieces = list(pieces)
        length = sum(map(len, self._pieces))
        super().__init__(None, media_type=media,
                         headers={**headers, "Content-Length": str(length)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as every response
        """Send one request's answer."""
        await send({"type": "http.response.start", "status": self.status_code,
                    "headers": self.raw_headers})
        for piece in cut_pieces(self._pieces):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def cut_pieces(pieces: Sequence[Piece], size: int = CHUNK_BYTES) -> Iterable[Piece]:
    """Join small pieces and cut large ones, so that each is about as large as one write.

    Examples
    --------
    >>> [bytes(piece) for piece in cut_pieces([b"ab", b"c", b"defghi"], size=4)]
    [b'abc', b'defg', b'hi']
    """
    small: list[Piece] = []
    held = 0
    for piece in pieces:
        if held + len(piece) <= size:
            small.append(piece)
            held += len(piece)
            continue
        if small:
            yield b"".join(small)
            small, held = [], 0
        view = memoryview(piece)
        for start in range(0, len(view), size):
            yield view[start : start + size]
    if small:
        yield b"".join(small)
