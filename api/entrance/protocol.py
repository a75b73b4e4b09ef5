"""HTTP as it comes over the wire: a head of bounded size, and faults told as everywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.errors import make_problem

if TYPE_CHECKING:
    import asyncio

# An address with a filter of 8 KB, every byte of it written as %XX, and generous headers.
MAX_HEAD_BYTES = 65_536
# A phone on a bad line sends a head in a second or two.
HEAD_S = 20.0


class BoundedProtocol(HttpToolsProtocol):
    """The server's protocol, refusing heads (address and headers) that do not end.

    The parser itself has no bound: without one, a single request could fill the memory, and a
    few thousand that never end their heads would keep everybody else out.
    """

    _head_bytes = 0
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and wait so long for its first head."""
        super().connection_made(transport)
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a connection go."""
        self._calm()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to count anew."""
        self._head_bytes = 0
        self._hurry()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Have the whole head."""
        self._calm()
        super().on_headers_complete()

    def _hurry(self) -> None:
        self._calm()
        self._patience = self.loop.call_later(HEAD_S, self.transport.close)

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def on_url(self, url: bytes) -> None:
        """Count a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def _count(self, length: int) -> None:
        self._head_bytes += length
        if self._head_bytes > MAX_HEAD_BYTES:
            # The parser turns what a callback raises into a fault of the request.
            raise ValueError

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or has too long a head, and hang up."""
        del msg  # it is the server's own wording; ours is a problem document
        too_long = self._head_bytes > MAX_HEAD_BYTES
        status = 431 if too_long else 400
        detail = (f"Address and headers together have at most {MAX_HEAD_BYTES} bytes."
                  if too_long else "This is not an HTTP request.")
        problem = make_problem(status, detail)
        lines: list[Any] = [STATUS_LINE[status]]
        for name, value in (*problem.raw_headers, (b"connection", b"close")):
            lines += [name, b": ", value, b"\r\n"]
        self.transport.write(b"".join([*lines, b"\r\n", bytes(problem.body)]))
        self.transport.close()
