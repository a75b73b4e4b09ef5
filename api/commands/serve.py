"""``georisk serve``: the API and the maps over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from api.commands.options import (
    QuietOption,
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
    audience: Annotated[
        str, typer.Option("--audience", help="public, partner or restricted; more than public on "
                          "this machine only.")
    ] = "public",
    purpose: Annotated[
        str, typer.Option("--purpose", help="Why more than public is served; may be left out "
                          "here. The audit log keeps it.")
    ] = "",
    quiet: QuietOption = False,
) -> None:
    """Serve the current snapshot; new ones are picked up without a restart."""
    from api.audit import record
    from api.serve import run_server
    from api.settings import Settings, check_reach

    places = find_places(study, runs)
    settings = Settings(runs=places.runs, audience=cast("Audience", audience), host=host, port=port,
                        workers=workers)
    check_reach(settings)
    _check_address(settings.host, settings.port)
    if audience != "public":
        record(places.state, action="serve", audience=audience,
               purpose=purpose or "the planner's own machine (loopback)", run_id="")
    say(f"http://{host}:{port}/ ({audience}); stop with Ctrl-C", quiet=quiet)
    run_server(settings)


def _check_address(host: str, port: int) -> None:
    """Try the address before the server does: it would stop without our words."""
    import socket

    from layers.errors import CallError

    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CallError(f"--host {host} --port {port}: cannot listen there: {reason}") from error
