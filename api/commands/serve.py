"""``georisk serve``: the API and the maps over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from api.commands.options import (
    AudienceOption,
    PurposeOption,
    RunsOption,
    StudyOption,
    find_places,
    say,
)

if TYPE_CHECKING:
    from layers.spec import Audience


def serve(
    study: StudyOption = None,
    runs: RunsOption = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", help="Processes.")] = 1,
    audience: AudienceOption = "public",
    purpose: PurposeOption = "",
) -> None:
    """Serve the current snapshot; new ones are picked up without a restart."""
    from api.audit import record
    from api.serve import run_server
    from api.settings import Settings, check_reach

    places = find_places(study, runs)
    settings = Settings(runs=places.runs, audience=cast("Audience", audience), host=host, port=port,
                        workers=workers)
    check_reach(settings)
    if audience != "public":
        record(places.state, action="serve", audience=audience,
               purpose=purpose or "the planner's own machine (loopback)", run_id="")
    say(f"http://{host}:{port}/ ({audience}); stop with Ctrl-C")
    run_server(settings)
