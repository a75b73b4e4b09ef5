"""``georisk key``: keys for those who may see more than public from elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    JsonOption,
    Places,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    read_today,
    say,
)

if TYPE_CHECKING:
    from pathlib import Path

    from api.keys.key import Key

app = typer.Typer(
    name="key", no_args_is_help=True,
    help="Keys for those who may see more than public from elsewhere.",
)


@app.command("create")
def create(
    audience: Annotated[str, typer.Option("--audience", help="partner or restricted.")],
    holder: Annotated[
        str, typer.Option("--holder", help="Office or role that will hold it, not a person.")
    ],
    expires: Annotated[
        str, typer.Option("--expires", help="Last day (UTC), as 2026-12-31.", show_default=False)
    ] = "",
    days: Annotated[
        int | None, typer.Option("--days", help="Or for how many days: 90 unless said, 366 at "
                                 "most.", show_default=False)
    ] = None,
    rate: Annotated[int, typer.Option("--rate", help="Requests a minute.")] = 600,
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make a key and print it, this once."""
    from api.keys.key import make_key
    from api.keys.store import add_key, list_keys
    from api.logs.audit import record

    state = _find_state(find_places(study, runs))
    key = make_key(audience=audience, holder=holder, created=read_today(),
                   expires=_read_day(expires), days=days, rate_per_minute=rate)
    list_keys(state)  # a damaged file is told before anything is logged
    record(state, action=f"key create {key.id}", audience=key.audience,
           purpose=f"until {key.expires}", run_id="", holder=key.holder)
    token = add_key(state, key)
    say(f"key {key.id} for {key.holder}: opens {key.audience} until {key.expires} (UTC). It is "
        "shown this once and kept nowhere: hand it over on a way that others cannot read",
        quiet=quiet)
    if as_json:
        shown = {"key": token, **_describe(key, read_today())}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    typer.echo(token)


@app.command("list")
def list_(
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List all keys, those that ended as well; never a secret."""
    from api.commands.tables import print_table
    from api.keys.store import list_keys

    state = _find_state(find_places(study, runs))
    today = read_today()
    uses = _read_uses(state)
    rows = [{**_describe(key, today), "last_used": uses.get(key.id)} for key in list_keys(state)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if not rows:
        say("no key was made yet: `georisk key create`", quiet=quiet)
        return
    header = ("id", "state", "audience", "holder", "created", "expires", "rate_per_minute",
              "last_used", "revoked")
    print_table("", [name.replace("_", " ") for name in header],
                [[row[name] or "" for name in header] for row in rows], synthetic=False)


@app.command("revoke")
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, from `key list`.")],
    study: StudyOption = None,
    runs: RunsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Revoke a key for good: servers refuse it from a second later on."""
    from api.keys.key import find_id
    from api.keys.store import revoke_key
    from api.logs.audit import record
    from layers.errors import CallError

    state = _find_state(find_places(study, runs))
    # Revoked first: that protects, and must not wait for a log that cannot be written.
    key = revoke_key(state, find_id(id_), now=dt.datetime.now(tz=dt.UTC))
    if key.revoked:
        say(f"key {key.id} for {key.holder} was revoked on {key.revoked} already", quiet=quiet)
        return
    try:
        record(state, action=f"key revoke {key.id}", audience=key.audience, purpose="", run_id="",
               holder=key.holder)
    except CallError as error:
        raise CallError(f"key {key.id} is revoked, but that is not in the audit log: {error}"
                        ) from error
    say(f"key {key.id} for {key.holder} is revoked: servers refuse it from a second from now on",
        quiet=quiet)


def _find_state(places: Places) -> Path:
    """Folder of the study's state; a study that is not there gets none."""
    import os

    from layers.errors import CallError

    if not os.environ.get("GEORISK_STATE") and not (places.study / "study.toml").is_file():
        raise CallError(f"{places.study}: there is no study.toml; choose the study with -s, or the "
                        "folder of keys with GEORISK_STATE")
    return places.state


def _read_day(text: str) -> dt.date | None:
    from layers.errors import CallError

    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise CallError(f"--expires {text!r}: write a day as 2026-12-31") from error


def _describe(key: Key, today: dt.date) -> dict[str, str | int | None]:
    return {
        "id": key.id, "state": key.describe(today), "audience": key.audience,
        "holder": key.holder, "created": str(key.created), "expires": str(key.expires),
        "rate_per_minute": key.rate_per_minute, "revoked": key.revoked or None,
    }


def _read_uses(state: Path) -> dict[str, str]:
    """When keys were used last; a log that cannot be read hides no key from the list."""
    import sqlite3

    from api.logs.audit import find_last_uses

    try:
        return find_last_uses(state)
    except (sqlite3.Error, OSError) as error:
        say(f"the audit log cannot be read ({error}): when keys were used is not known")
        return {}
