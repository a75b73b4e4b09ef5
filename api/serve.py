"""Serving: one process on this machine, or several that share a port."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from importlib.util import find_spec
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

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
    Thread(target=_follow_minder, name="minder", daemon=True).start()
    settings = Settings.from_dict(json.loads(os.environ[HANDOVER]))
    check_reach(settings, has_keys=find_keys(settings))
    start_log()
    return _create_app(settings)


def _follow_minder() -> None:
    """Stop this worker when who minds it is gone: killed, it could tell nobody to stop."""
    minder = parent_process()
    if minder is not None:
        minder.join()
        os.kill(os.getpid(), signal.SIGTERM)


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


class Minder(Multiprocess):
    """Minds the workers, and lets go of the port before it tells them to stop.

    While a worker ends the requests that it has, whoever comes new is refused at once (a proxy
    then asks elsewhere) instead of waiting for workers that listen no more.
    """

    def terminate_all(self) -> None:
        """Close the port, then tell every worker to stop."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def _run(app: Starlette | str, settings: Settings) -> None:
    """Run uvicorn without its own access log, which would hold addresses and queries."""
    options: dict[str, Any] = {
        "factory": isinstance(app, str),
        "host": settings.host.strip("[]"),
        "port": settings.port,
        "workers": settings.workers,
        "access_log": False,
        "http": BoundedProtocol,
        "loop": "uvloop" if find_spec("uvloop") else "asyncio",
        "log_config": describe_logging(),
        "ws": "none",
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": SHUTDOWN_S,
    }
    if settings.workers == 1:
        uvicorn.run(app, **options)
        return
    config = uvicorn.Config(app, **options)
    minder = Minder(config, sockets=[config.bind_socket()])
    minder.run()
    if any(worker.exitcode == STARTUP_FAILURE for worker in minder.processes):
        raise SystemExit(1)
