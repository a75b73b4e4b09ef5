"""Serving: one process on this machine, or several that share a port."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvicorn

from api.entrance.protocol import BoundedProtocol
from api.keys.ring import KeyRing
from api.keys.store import KeyFileError
from api.logs.access_log import describe_logging, start_log
from api.settings import Settings, check_reach
from georisk import doors
from layers.spec import AUDIENCES

if TYPE_CHECKING:
    from starlette.applications import Starlette

HANDOVER = "GEORISK_SERVE"
SHUTDOWN_S = 30


def run_server(settings: Settings) -> None:
    """Serve until stopped.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    CallError
        If more than public would be shown beyond this machine, and nobody holds a key.
    NoSnapshotError
        If there is nothing to serve yet; later on, a server without a snapshot answers 503.
    """
    check_reach(settings, has_keys=find_keys(settings))
    doors.open(settings.audience, runs=settings.runs)
    if settings.workers == 1:
        start_log()
        _run(_create_app(settings), settings)
        return
    with TemporaryDirectory(prefix="georisk-") as folder:
        shared = Path(folder)
        (shared / "metrics").mkdir()
        # Workers are new processes: the environment is how they learn what to serve.
        os.environ[HANDOVER] = json.dumps(replace(settings, shared=shared).as_dict())
        try:
            _run("api.serve:create_worker", settings)
        finally:
            del os.environ[HANDOVER]


def create_worker() -> Starlette:
    """Build the application in a worker, from what `run_server` handed over."""
    settings = Settings.from_dict(json.loads(os.environ[HANDOVER]))
    check_reach(settings, has_keys=find_keys(settings))
    start_log()
    return _create_app(settings)


def _create_app(settings: Settings) -> Starlette:
    """Build the application; imported here, for who minds the workers needs nothing of it."""
    from api.app import create_app

    return create_app(settings)


def find_keys(settings: Settings) -> bool:
    """Tell whether anybody holds a key to more than public.

    Raises
    ------
    KeyFileError
        If the keys cannot be read, and more than public should be shown.
    """
    if settings.state is None:
        return False
    ring = KeyRing(settings.state)
    try:
        return any(ring.has_live_keys(it) for it in AUDIENCES if it != "public")
    except KeyFileError:
        if settings.audience == "public":
            return False
        raise
    finally:
        ring.close()


def _run(app: Starlette | str, settings: Settings) -> None:
    """Run uvicorn without its own access log, which would hold addresses and queries."""
    uvicorn.run(
        app,
        factory=isinstance(app, str),
        host=settings.host.strip("[]"),
        port=settings.port,
        workers=settings.workers,
        access_log=False,
        http=BoundedProtocol,
        loop="uvloop" if find_spec("uvloop") else "asyncio",
        log_config=describe_logging(),
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
