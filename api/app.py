"""The HTTP application: an explicit tuple of doorways around one keeper."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from api.entrance.desk import set_up_desk
from api.entrance.guard import Guard
from api.entrance.mishaps import install_errors
from api.entrance.reception import Reception
from api.jobs.board import Board
from api.jobs.worker import Crew
from api.routes import (
    analysis,
    collections,
    description,
    items,
    maps,
    places,
    reports,
    sites,
    status,
    tiles,
)
from api.stock.keeper import Keeper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import date

    from api.asking.ask import Doorway
    from api.entrance.desk import Desk
    from api.logs.access_log import AccessLog
    from api.settings import Settings
    from georisk.doors import Door
    from layers.spec import Audience

DOORWAYS: tuple[Doorway, ...] = (
    *items.DOORWAYS,
    *collections.DOORWAYS,
    *analysis.DOORWAYS,
    *places.DOORWAYS,
    *maps.DOORWAYS,
    *sites.DOORWAYS,
    *reports.DOORWAYS,
    *tiles.DOORWAYS,
    *description.DOORWAYS,
    *status.DOORWAYS,
)

_CORS_HEADERS = ("Authorization", "X-API-Key", "If-None-Match", "Content-Type", "Idempotency-Key")
_CORS_SHOWN = ("ETag", "Link", "Content-Crs", "OGC-NumberMatched", "OGC-NumberReturned",
               "Retry-After", "Location", "Idempotency-Replayed")


def create_app(
    settings: Settings,
    *,
    open_door: Callable[[Audience, date], Door] | None = None,
    read_day: Callable[[], date] | None = None,
    log: AccessLog | None = None,
) -> Starlette:
    """Build the application.

    Parameters
    ----------
    settings : Settings
    open_door : callable, optional
        Opens the door of an audience as of a day; by default those of the settings' runs.
    read_day : callable, optional
        The calendar (UTC).
    log : AccessLog, optional
        By default to stderr.
    """
    templates = (*(it.path for it in DOORWAYS), status.ALIVE_PATH, status.METRICS_PATH)
    desk = set_up_desk(settings, templates, log=log)
    keeper = Keeper(open_door or _choose_door(settings), read_day=read_day or _read_utc_day,
                    tell_opened=desk.note_opened, prepare=collections.prepare_room)
    crew = Crew()
    reception = Reception(keeper, settings, desk, DOORWAYS, crew=crew)

    @asynccontextmanager
    async def live(_app: Starlette) -> AsyncIterator[None]:
        desk.open()
        try:
            if settings.state is not None:
                await run_in_threadpool(Board(settings.state).sweep)
            await run_in_threadpool(keeper.refresh, settings.audience)
            yield
        finally:
            await run_in_threadpool(crew.stop)
            await run_in_threadpool(desk.close)

    routes = [
        *(Route(path, reception.attend(path), methods=list(methods))
          for path, methods in reception.paths.items()),
        Route(status.ALIVE_PATH, status.read_health, methods=["GET"]),
        Route(status.METRICS_PATH, status.show_metrics(settings, reception, desk)),
    ]
    app = Starlette(routes=routes, lifespan=live, middleware=_stack_up(settings, desk))
    app.router.redirect_slashes = False
    install_errors(app, start=f"{settings.public_url.rstrip('/')}/")
    return app


def _stack_up(settings: Settings, desk: Desk) -> list[Middleware]:
    guard = Middleware(Guard, desk=desk)
    if not settings.cors_origins:
        return [guard]
    cors = Middleware(
        CORSMiddleware, allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "HEAD", "POST", "DELETE"], allow_headers=list(_CORS_HEADERS),
        expose_headers=list(_CORS_SHOWN), max_age=3600,
    )
    return [guard, cors]


def _choose_door(settings: Settings) -> Callable[[Audience, date], Door]:
    def open_door(audience: Audience, day: date) -> Door:
        from georisk import doors

        return doors.open(audience, runs=settings.runs, today=day)

    return open_door


def _read_utc_day() -> date:
    return datetime.now(tz=UTC).date()
