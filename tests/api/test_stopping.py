"""A server that is told to stop: who is being answered is answered, who comes new is refused."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest
from surroundings import ROOT

BODY = json.dumps({"type": "Point", "coordinates": [-93.9, 16.24]}).encode()
HEAD = (b"POST /nearest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(BODY))
PATIENCE_S = 30


def find_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serve(study, state, workers):
    port = find_port()
    command = [sys.executable, "-m", "api.cli", "serve", "-s", str(study), "--port", str(port),
               "--workers", str(workers), "-q"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL,
                          env={**os.environ, "GEORISK_STATE": str(state)}) as process:
        try:
            wait_for(lambda: is_ready(port))
            yield process, port
        finally:
            if process.poll() is None:
                process.terminate()


def wait_for(happens):
    deadline_s = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def is_refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_request_under_way_ends_and_new_ones_are_refused(published_grid, tmp_path, workers):
    with serve(published_grid, tmp_path, workers) as (process, port), \
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as wire:
        wire.sendall(HEAD + BODY[:10])
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(port))
        assert process.poll() is None
        wire.sendall(BODY[10:])
        told = b""
        while piece := wire.recv(65536):
            told += piece
        assert b"no town on a corridor" in told  # which is so in this study
        assert b"connection: close" in told.lower()
        assert process.wait(PATIENCE_S) in {0, -signal.SIGTERM}


def test_workers_do_not_outlive_who_minds_them(published_grid, tmp_path):
    with serve(published_grid, tmp_path, 2) as (process, port):
        process.kill()
        assert process.wait(PATIENCE_S) == -signal.SIGKILL
        wait_for(lambda: is_refused(port))
