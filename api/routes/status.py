"""Whether the server lives, whether it can answer, and from which run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from api.answering.answers import answer_json, dump_json
from api.asking.ask import JSON, Doorway
from api.entrance.desk import SEEN_KEY, Seen
from api.entrance.origin import acts_for_itself, is_passed_on, names_this_machine
from api.errors import find_problem
from api.keys.access import may_read_metrics
from layers.errors import GeoriskError, NotShownError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from api.asking.ask import Ask
    from api.entrance.desk import Desk
    from api.entrance.reception import Reception
    from api.settings import Settings

ALIVE_PATH = "/healthz"
METRICS_PATH = "/metrics"


async def read_health(request: Request) -> Response:
    """Say that the process lives; it needs no snapshot."""
    request.scope[SEEN_KEY] = Seen(ALIVE_PATH)
    return Response(b'{"status":"ok"}', media_type=JSON, headers={"Cache-Control": "no-store"})


def show_metrics(
    settings: Settings, reception: Reception, desk: Desk
) -> Callable[[Request], Awaitable[Response]]:
    """What answers with counts, to whoever may read them; to others there is nothing here."""

    async def answer(request: Request) -> Response:
        scope = request.scope
        scope[SEEN_KEY] = Seen(METRICS_PATH)
        try:
            holder = reception.recognise(scope)
        except GeoriskError as error:
            return find_problem(error)
        here = names_this_machine(scope) and acts_for_itself(scope)
        through = is_passed_on(scope["headers"])
        if desk.metrics is None or not may_read_metrics(
            settings, holder, host_is_loopback=here, forwarded=through
        ):
            return find_problem(NotShownError(METRICS_PATH))
        body, media = desk.metrics.render()
        return Response(body, headers={"Content-Type": media, "Cache-Control": "no-store"})

    return answer


def read_readiness(ask: Ask) -> Response:
    """Say that a snapshot is open; without one nobody gets here (503)."""
    body = dump_json({"status": "ready", "run_id": ask.room.door.run_id})
    return Response(body, media_type=JSON, headers={"Cache-Control": "no-store"})


def read_manifest(ask: Ask) -> Response:
    """Show what this audience may read of the run's manifest."""
    return answer_json(ask, ask.room.door.manifest)


DOORWAYS = (
    Doorway("/readyz", read_readiness, answers="readiness", tag="Server"),
    Doorway("/manifest", read_manifest, ("f",), formats=("json", "html"), page="manifest",
            answers="manifest", tag="Server"),
)
