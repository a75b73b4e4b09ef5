"""The reception: reads each request once, and hands it to its doorway."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from api.asking.ask import Ask
from api.asking.negotiation import choose_format
from api.asking.parameters import parse_query
from api.entrance.desk import NOBODY, SEEN_KEY, Seen
from api.entrance.lanes import Lanes
from api.entrance.origin import acts_for_itself, find_host, is_passed_on, names_this_machine
from api.errors import (
    LimitedError,
    MisdirectedError,
    TooLargeError,
    TooSlowError,
    UnauthorisedError,
    UnavailableError,
    UnsupportedError,
)
from api.jobs.board import PREFIX
from api.jobs.results import open_result
from api.keys.access import NO_KEY, decide_holder, find_key, read_token
from layers.errors import CallError, NotShownError
from layers.spec import may_see

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from api.asking.ask import Doorway
    from api.asking.tokens import Token
    from api.entrance.desk import Desk
    from api.jobs.worker import Crew
    from api.keys.holders import Holder
    from api.logs.metrics import Refusal
    from api.settings import Settings
    from api.stock.keeper import Keeper
    from api.stock.room import Room

BODY_S = 20.0
_REFUSALS: tuple[tuple[type[CallError], Refusal], ...] = (
    (LimitedError, "limit"), (UnavailableError, "audit"), (MisdirectedError, "host"),
)


class Reception:
    """Stands between the framework and the doorways.

    Parameters
    ----------
    keeper : Keeper
    settings : Settings
    desk : Desk
    doorways : sequence of Doorway
    crew : Crew

    Attributes
    ----------
    paths : dict
        Template to the methods that are answered there.
    """

    def __init__(
        self, keeper: Keeper, settings: Settings, desk: Desk, doorways: Sequence[Doorway],
        *, crew: Crew,
    ) -> None:
        self._keeper = keeper
        self._settings = settings
        self._desk = desk
        self._crew = crew
        self._lanes = Lanes()
        self._every = tuple(doorways)
        self._doorways = {(doorway.path, doorway.method): doorway for doorway in doorways}
        self.paths: dict[str, tuple[str, ...]] = {}
        for doorway in doorways:
            self.paths[doorway.path] = (*self.paths.get(doorway.path, ()), doorway.method)

    def attend(self, path: str) -> Callable[[Request], Awaitable[Response]]:
        """What answers requests to one address."""
        by_method = {method: self._doorways[path, method] for method in self.paths[path]}

        async def attend(request: Request) -> Response:
            method = request.scope["method"]
            return await self._answer(by_method["GET" if method == "HEAD" else method], request)

        return attend

    async def _answer(self, doorway: Doorway, request: Request) -> Response:
        scope = request.scope
        scope[SEEN_KEY] = Seen(doorway.path)
        headers = _read_headers(scope)
        holder = self.recognise(scope)
        scope[SEEN_KEY] = Seen(doorway.path, holder)
        if not may_see(holder.audience, doorway.least):
            raise NotShownError(doorway.path)
        values, texts = parse_query(scope["query_string"], doorway.parameters)
        chosen = choose_format(doorway, values.get("f"), headers.get("accept", ""))
        room = await self._find_room(scope, holder, values.get("token"))
        scope[SEEN_KEY] = Seen(doorway.path, holder, room.door.run_id)
        ask = Ask(
            room=room,
            settings=self._settings,
            base=self._settings.public_url.rstrip("/") or _find_base(scope),
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            names=scope["path_params"],
            values=values,
            texts=texts,
            doorway=doorway,
            crew=self._crew,
            format=chosen,
            holder=holder,
            headers=headers,
            body=await _read_body(request, doorway, headers) if doorway.max_body_bytes else b"",
            doorways=self._every,
        )
        heavy = chosen == "html" or (
            doorway.heavy(ask) if callable(doorway.heavy) else doorway.heavy)
        return await self._lanes.work(ask) if heavy else doorway.endpoint(ask)

    async def _find_room(self, scope: Scope, holder: Holder, token: Token | None) -> Room:
        """Room that a request is answered from: of the run it goes on in, or of a job's result."""
        run_id = "" if token is None else token.run_id
        room = (await self._keeper.enter(holder.audience, run_id=run_id)).find(run_id)
        name = scope["path_params"].get("collection", "")
        if not name.startswith(PREFIX):
            return room
        return await run_in_threadpool(open_result, room, self._settings, name, holder)

    def recognise(self, scope: Scope) -> Holder:
        """Say who asks.

        Raises
        ------
        UnauthorisedError, LimitedError, UnavailableError, MisdirectedError
            If the key opens nothing, asks too often, cannot be checked or written down, or if
            the request is not for this server.
        """
        desk, settings, headers = self._desk, self._settings, scope["headers"]
        try:
            key = None if desk.ring is None else find_key(headers, desk.ring, desk.limiter)
            if desk.ring is None and read_token(headers) is not None:
                raise UnauthorisedError(NO_KEY)
            if key is None and settings.audience == "public":
                return NOBODY
            holder = decide_holder(
                settings, key,
                host_is_loopback=key is not None or (
                    names_this_machine(scope) and acts_for_itself(scope)),
                forwarded=key is None and is_passed_on(headers),
            )
            if holder.audience != "public" and desk.trail is not None and not desk.trail.healthy:
                raise UnavailableError("Nothing that is not public is shown while it cannot be "
                                       "written down.")
        except CallError as error:
            self._count_refusal(error)
            raise
        return holder

    def _count_refusal(self, error: CallError) -> None:
        if self._desk.metrics is not None:
            reasons = [why for kind, why in _REFUSALS if isinstance(error, kind)]
            self._desk.metrics.count_refusal(reasons[0] if reasons else "key")


async def _read_body(request: Request, doorway: Doorway, headers: dict[str, str]) -> bytes:
    """Read what was sent, and no more than the doorway takes."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in doorway.bodies:
        raise UnsupportedError(f"Content-Type: this address reads {', '.join(doorway.bodies)}.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                body += piece
                if len(body) > doorway.max_body_bytes:
                    raise TooLargeError(f"At most {doorway.max_body_bytes} bytes are read here.")
    except TimeoutError as error:
        raise TooSlowError("What was sent did not arrive in time.") from error
    return bytes(body)


def _read_headers(scope: Scope) -> dict[str, str]:
    """Headers by name; one that is sent in several lines is one list (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _find_base(scope: Scope) -> str:
    return f"{scope['scheme']}://{find_host(scope)}"
