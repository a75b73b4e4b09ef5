"""Somebody between clients and a server who hands all bytes on and writes down what is asked.

A process of its own: a client within the test's own process may hold its interpreter while it
waits for an answer.
"""

from __future__ import annotations

import re
import socket
import sys
import threading
from pathlib import Path

ASKED = re.compile(rb"^(?:GET|HEAD|POST) (\S+) HTTP/1\.[01]\r$", re.MULTILINE)


def main(port, path):
    """Print the port to use instead of the server's, and go on until stopped."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as door, Path(path).open("wb") as note:
        sys.stdout.write(f"{door.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            client, _ = door.accept()
            server = socket.create_connection(("127.0.0.1", int(port)))
            for source, sink, heard in ((client, server, note), (server, client, None)):
                threading.Thread(target=hand_on, args=(source, sink, heard), daemon=True).start()


def hand_on(source, sink, heard):
    """Hand on what one side says; a request without a body comes in one piece."""
    try:
        while data := source.recv(65_536):
            if heard is not None:
                heard.write(b"".join(asked + b"\n" for asked in ASKED.findall(data)))
                heard.flush()
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
