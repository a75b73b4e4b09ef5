"""``georisk fetch``: download an upstream's file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from api.commands.options import JsonOption, QuietOption, say


def fetch(
    source: Annotated[str, typer.Argument(help="iom, iom-year, hdx, osm or geofabrik.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to download into.")] = Path(
        "downloads"),
    year: Annotated[int | None, typer.Option("--year", help="For iom-year.")] = None,
    dataset: Annotated[str, typer.Option("--dataset", help="For hdx: its name in the "
                                         "address of its page.")] = "",
    resource: Annotated[str, typer.Option("--resource", help="For hdx: part of the name of one of "
                                          "its files.")] = "",
    region: Annotated[str, typer.Option("--region", help="For geofabrik, such as "
                                        "central-america/guatemala.")] = "",
    area: Annotated[str, typer.Option("--area", help="For osm: west,south,east,north in "
                                      "degrees.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Take a payload that has "
                                          "changed.")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Keep every answer in this "
                                                "folder, for --replay.")] = None,
    replay: Annotated[Path | None, typer.Option("--replay", help="Answer from this folder; no "
                                                "network.")] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Download an upstream's file, with a checksum, whole or not at all."""
    import orjson

    from layers.errors import CallError
    from layers.fetching.fetch import fetch as download
    from layers.fetching.transports import fetch_live, record_with, replay_from
    from layers.fetching.upstreams import Wish, find_source

    if record and replay:
        raise CallError("--record and --replay: one of the two")
    options = {"year": str(year or ""), "dataset": dataset, "resource": resource,
               "region": region, "area": area}
    wish = Wish(source, options)
    origin = find_source(wish)
    transport = replay_from(replay) if replay else fetch_live
    fetched = download(
        wish, to=out, transport=record_with(transport, record) if record else transport,
        now=dt.datetime.now(tz=dt.UTC), changed="take" if replace else "refuse",
    )
    if as_json:
        typer.echo(orjson.dumps({
            "source": source, "path": str(fetched.path), "sha256": fetched.sha256,
            "size": fetched.size, "retrieved": fetched.retrieved, "before": fetched.before,
        }, option=orjson.OPT_INDENT_2).decode())
        return
    state = "unchanged" if fetched.before == fetched.sha256 else "new"
    say(f"{origin.title}: {fetched.size:,} bytes, sha256 {fetched.sha256[:12]}, {state}",
        quiet=quiet)
    typer.echo(str(fetched.path))
