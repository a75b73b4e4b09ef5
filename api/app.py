"""The HTTP application: an explicit tuple of doorways around one keeper."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api.answers import Ask, Doorway
from api.errors import install_errors
from api.guard import ROUTE_KEY, Guard, find_host
from api.keeper import Keeper
from api.parameters import parse_query
from api.routes import analysis, collections, items, maps, places, status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import date

    from starlette.requests import Request
    from starlette.responses import Response

    from api.settings import Settings
    from georisk.doors import Door

DOORWAYS: tuple[Doorway, ...] = (
    *collections.DOORWAYS,
    *items.DOORWAYS,
    *analysis.DOORWAYS,
    *places.DOORWAYS,
    *maps.DOORWAYS,
    *status.DOORWAYS,
)


def create_app(
    settings: Settings,
    *,
    open_door: Callable[[date], Door] | None = None,
    read_day: Callable[[], date] | None = None,
) -> FastAPI:
    """Build the application for one audience.

    Parameters
    ----------
    settings : Settings
    open_door : callable, optional
        Opens the door as of a day; by default the one of the settings' runs and audience.
    read_day : callable, optional
        The calendar (UTC).

    Notes
    -----
    The framework's own description of itself is off: it would list answers that are never given.
    """
    keeper = Keeper(open_door or _choose_door(settings), read_day=read_day or _read_utc_day)

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(keeper.refresh)
        yield

    app = FastAPI(title="georisk", openapi_url=None, redirect_slashes=False, lifespan=live)
    for doorway in DOORWAYS:
        app.add_route(doorway.path, _attend(doorway, keeper, settings), methods=["GET"])
    app.add_route(status.ALIVE_PATH, status.read_health, methods=["GET"])
    install_errors(app)
    app.add_middleware(Guard, private=settings.audience != "public")
    return app


def _attend(
    doorway: Doorway, keeper: Keeper, settings: Settings
) -> Callable[[Request], Awaitable[Response]]:
    """Read the request once, hand it to the doorway with one room for as long as it takes."""

    async def attend(request: Request) -> Response:
        request.scope[ROUTE_KEY] = doorway.path
        values, texts = parse_query(request.scope["query_string"], doorway.parameters)
        ask = Ask(
            room=await keeper.enter(),
            settings=settings,
            base=settings.public_url.rstrip("/") or _find_base(request),
            path=request.scope["path"],
            query=request.scope["query_string"].decode("latin-1"),
            names=request.path_params,
            values=values,
            texts=texts,
            known_etags=request.headers.get("if-none-match", ""),
        )
        if doorway.heavy:
            return await run_in_threadpool(doorway.endpoint, ask)
        return doorway.endpoint(ask)

    return attend


def _find_base(request: Request) -> str:
    return f"{request.scope['scheme']}://{find_host(request.scope)}"


def _choose_door(settings: Settings) -> Callable[[date], Door]:
    def open_door(day: date) -> Door:
        from georisk import doors

        return doors.open(settings.audience, runs=settings.runs, today=day)

    return open_door


def _read_utc_day() -> date:
    return datetime.now(tz=UTC).date()
