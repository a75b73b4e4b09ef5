"""``georisk serve``: the API and the maps over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from api.commands.options import (
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    read_today,
    say,
)

if TYPE_CHECKING:
    from api.settings import Settings
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
    public_url: Annotated[
        str, typer.Option("--public-url", help="Address that links begin with, for a server "
                          "behind a proxy, such as https://maps.example.org.")
    ] = "",
    cors: Annotated[
        list[str] | None,
        typer.Option("--cors", help="Site whose pages may read answers, such as "
                     "https://dashboard.example.org; once for each.", show_default=False),
    ] = None,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="Answer /metrics for Prometheus, on this machine or "
                           "to a restricted key.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Serve the current snapshot; new ones are picked up without a restart."""
    from importlib.util import find_spec

    from api.logs.audit import record
    from api.reports.erasing import purge_state
    from api.serve import find_keys, run_server
    from api.settings import Settings, check_reach, stands_alone
    from layers.errors import CallError

    places = find_places(study, runs)
    settings = Settings(
        runs=places.runs, audience=cast("Audience", audience), host=host, port=port,
        workers=workers, public_url=public_url, state=places.state, study=places.study,
        cors_origins=tuple(cors or ()), metrics=metrics,
    )
    if settings.cors_origins and stands_alone(settings) and audience != "public":
        raise CallError("--cors would let pages of another site read all that is shown here "
                        "without a key; choose --audience public, and give the pages a key")
    if metrics and find_spec("prometheus_client") is None:
        raise CallError("--metrics needs prometheus_client: pip install '.[metrics]'")
    keyed = find_keys(settings)
    check_reach(settings, has_keys=keyed)
    _check_address(settings.host, settings.port)
    if audience != "public":
        record(places.state, action="serve", audience=audience,
               purpose=purpose or _tell_purpose(settings), run_id="")
    _open_once(settings)
    try:
        purge_state(places.state, read_today())
    except CallError as error:
        say(f"warning: {error}: no reports are taken until it is put back from a copy or moved "
            "away; everything else is served")
    _tell_keys(settings, keyed=keyed, quiet=quiet)
    say(f"http://{host}:{port}/ ({audience}); stop with Ctrl-C", quiet=quiet)
    run_server(settings)


def _open_once(settings: Settings) -> None:
    """Say that there is no study, or no snapshot, before anything else is said."""
    from georisk import doors
    from georisk.config import find_study_file

    if settings.study is not None and not settings.runs.exists():
        find_study_file(settings.study)
    doors.open(settings.audience, runs=settings.runs)


def _tell_purpose(settings: Settings) -> str:
    from api.settings import stands_alone

    return ("the planner's own machine (loopback)" if stands_alone(settings)
            else "holders of keys")


def _tell_keys(settings: Settings, *, keyed: bool, quiet: bool) -> None:
    """Say what beyond this machine is shown to whom, and how keys would travel."""
    from api.keys.access import find_warning
    from api.settings import stands_alone

    if stands_alone(settings):
        return
    if settings.audience != "public":
        say(f"{settings.audience}: with a key only; without one everybody is shown what is public",
            quiet=quiet)
    warning = find_warning(settings, has_keys=keyed)
    if warning:
        say(f"warning: {warning}")


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
