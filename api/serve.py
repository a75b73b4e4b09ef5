"""Serving: one process on this machine, or several that share a port."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

import uvicorn

from api.app import create_app
from api.settings import Settings, check_reach
from georisk import doors

if TYPE_CHECKING:
    from fastapi import FastAPI

HANDOVER = "GEORISK_SERVE"
SHUTDOWN_S = 10


def run_server(settings: Settings) -> None:
    """Serve until stopped.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    CallError
        If more than public would be shown beyond this machine.
    NoSnapshotError
        If there is nothing to serve yet; later on, a server without a snapshot answers 503.
    """
    check_reach(settings)
    doors.open(settings.audience, runs=settings.runs)
    if settings.workers == 1:
        start_log()
        _run(create_app(settings), settings)
        return
    # Workers are new processes: the environment is how they learn what to serve.
    os.environ[HANDOVER] = json.dumps(settings.as_dict())
    try:
        _run("api.serve:create_worker", settings)
    finally:
        del os.environ[HANDOVER]


def create_worker() -> FastAPI:
    """Build the application in a worker, from what `run_server` handed over."""
    settings = Settings.from_dict(json.loads(os.environ[HANDOVER]))
    check_reach(settings)
    start_log()
    return create_app(settings)


def start_log() -> None:
    """Write our own lines (route template, status, milliseconds) to stderr."""
    log = logging.getLogger("georisk.api")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _run(app: FastAPI | str, settings: Settings) -> None:
    """Run uvicorn without its own access log, which would hold addresses and queries."""
    uvicorn.run(
        app,
        factory=isinstance(app, str),
        host=settings.host.strip("[]"),
        port=settings.port,
        workers=settings.workers,
        access_log=False,
        log_level="warning",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
