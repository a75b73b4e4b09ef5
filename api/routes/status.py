"""Whether the server lives, whether it can answer, and from which run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from api.answers import JSON, Doorway, answer_json, dump_json
from api.guard import ROUTE_KEY

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.answers import Ask

ALIVE_PATH = "/healthz"


async def read_health(request: Request) -> Response:
    """Say that the process lives; it needs no snapshot."""
    request.scope[ROUTE_KEY] = ALIVE_PATH
    return Response(b'{"status":"ok"}', media_type=JSON, headers={"Cache-Control": "no-store"})


def read_readiness(ask: Ask) -> Response:
    """Say that a snapshot is open; without one nobody gets here (503)."""
    body = dump_json({"status": "ready", "run_id": ask.room.door.run_id})
    return Response(body, media_type=JSON, headers={"Cache-Control": "no-store"})


def read_manifest(ask: Ask) -> Response:
    """Show what this audience may read of the run's manifest."""
    return answer_json(ask, ask.room.door.manifest)


DOORWAYS = (
    Doorway("/readyz", read_readiness),
    Doorway("/manifest", read_manifest, ("f",)),
)
