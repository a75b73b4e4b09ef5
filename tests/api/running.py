"""A server on loopback, in a thread of the test, for whoever needs a real socket."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from http_doubles import TODAY

from api.app import create_app
from api.settings import Settings


@contextmanager
def serve(door, **choices):
    """The address of a server of one door."""
    app = create_app(
        Settings(runs=Path("nowhere"), audience=door.audience),
        open_door=lambda _audience, _day: door,
        read_day=lambda: TODAY,
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", **choices)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 20
            while not server.started:
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)
