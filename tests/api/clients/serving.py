"""Servers as a deployment starts them, and a listener between them and their clients."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surroundings import ROOT


@contextmanager
def serve(study, audience, folder, *options):
    """``georisk serve`` in a process of its own; its log holds no query and no traceback."""
    port, log = find_port(), folder / f"{audience}.log"
    # A file: a pipe that nobody reads would fill, and the server wait for ever.
    with log.open("w", encoding="utf-8") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve", "-s", str(study), "--port", str(port),
             "--audience", audience, *options],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=told, stderr=told)
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until_ready(address, process, log)
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    lines = log.read_text(encoding="utf-8")
    assert "?" not in lines
    assert "Traceback" not in lines
    assert process.returncode in {0, -signal.SIGTERM}


def find_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(address, process, log):
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return
        except OSError:
            assert process.poll() is None, log.read_text(encoding="utf-8")[-1000:]
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.1)


@dataclass(frozen=True)
class Listener:
    """The address in front of a server, and what was asked there."""

    address: str
    note: Path

    @property
    def asked(self):
        return self.note.read_text(encoding="ascii").split()


@contextmanager
def listen(address, folder):
    """An address in front of a server; links lead back to it, for they name the host asked."""
    note = folder / "asked.txt"
    script = Path(__file__).with_name("listening.py")
    process = subprocess.Popen(
        [sys.executable, str(script), address.rpartition(":")[2], str(note)],
        stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline())
        yield Listener(f"http://127.0.0.1:{port}", note)
    finally:
        process.kill()
        process.communicate()
