"""``georisk reports``: take reports in, review them, decide."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import (
    JsonOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_study,
    read_today,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from api.reports.review import Decision, Review
    from api.reports.store import Kept, Store

_COLUMNS = ("id", "state", "received", "what", "where", "date", "known", "steward", "drill")
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the report, from the list.")]
ByOption = Annotated[
    str, typer.Option("--by", help="Who decides, for the audit log: an office or a role, not a "
                      "person; for OPEN of a closed place its steward. Without it the login name.",
                      show_default=False)
]

app = typer.Typer(name="reports", no_args_is_help=True,
                  help="Reports from the field: take them in, review them, decide.")


@app.command("add")
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT|FILE", help="The report: a GR1 line or "
                                        "JSON, or a file that holds it.")],
    key: Annotated[str, typer.Option("--key", help="Your own name for it, such as the number of "
                                     "the message: sent twice, it is stored once.")] = "",
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Store a report for review, as POST /reports does; there must be a run."""
    import re

    from api.reports.reading import read_report
    from api.reports.schema import KEY_PATTERN
    from layers.errors import CallError

    if key and not re.fullmatch(KEY_PATTERN, key):
        raise CallError("--key: 1 to 64 of A-Z a-z 0-9 . _ : ~ -")
    report = read_report(_read_text(text), today=read_today())
    with _open_store(study, runs) as store:
        receipt = store.add(report, holder="", key=key, now=dt.datetime.now(tz=dt.UTC),
                            knows_place=_know_places(find_places(study, runs).runs))
    if as_json:
        typer.echo(json.dumps({"id": receipt.id, "state": receipt.state,
                               "replayed": receipt.replayed}, indent=1))
        return
    typer.echo(receipt.id)
    say("stored before: nothing was added" if receipt.replayed else
        "stored for review: `georisk reports list`", quiet=quiet)


@app.command("line")
def line(
    place: Annotated[str, typer.Argument(help="Id of the place.")],
    status: Annotated[str, typer.Argument(help="CLOSED, MOVED, FULL or OPEN.")],
    date: Annotated[str, typer.Argument(help="Day on which it was seen, YYYY-MM-DD.")],
    as_json: JsonOption = False,
) -> None:
    """Write the line that a phone can send, with its checksum."""
    from api.reports.line import check_day, check_place, check_status, write_line
    from api.reports.report import PlaceReport

    written = write_line(PlaceReport(
        check_place(place.lower()), check_status(status.upper()),
        check_day(date, today=read_today())))
    typer.echo(json.dumps({"line": written}, indent=1) if as_json else written)


@app.command("list")
def list_(
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List reports: what waits for a decision, and what was decided in the last 30 days."""
    from api.commands.tables import print_table
    from api.reports.incidents import FILE, read_incidents

    places = find_places(study, runs)
    with _open_store(study, runs) as store:
        kept = store.list_all()
    rows = _describe(kept, places.runs)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if rows:
        shown = [{**row, "drill": "drill" if row["drill"] else ""} for row in rows]
        print_table("Reports", _COLUMNS, [[row[name] for name in _COLUMNS] for row in shown],
                    synthetic=False)
    waiting = sum(row["state"] == "queued" for row in rows)
    say(f"{waiting} of {len(rows)} wait for a decision", quiet=quiet)
    incidents = len(read_incidents(places.state))
    if incidents:
        say(f"{incidents} accepted incidents are in {places.state / FILE}: `georisk import` them "
            "within 30 days of their decision, when they are erased", quiet=quiet)


@app.command("accept")
def accept(
    id_: IdArgument,
    publish: Annotated[bool, typer.Option("--publish", help="Change the place in places, maps and "
                                          "API at once; without it the next run does.")] = False,
    by: ByOption = "",
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Accept a report; what it says of a place holds from now on."""
    from api.reports.review import accept_report

    with _open_review(study, runs) as review:
        decision = accept_report(review, id_, by=by.strip() or _read_login(), publish=publish)
    _tell(decision, as_json=as_json, quiet=quiet)


@app.command("reject")
def reject(
    id_: IdArgument,
    by: ByOption = "",
    study: StudyOption = None,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Reject a report: nothing is changed by it."""
    from api.reports.review import reject_report

    with _open_review(study, runs) as review:
        decision = reject_report(review, id_, by=by.strip() or _read_login())
    _tell(decision, as_json=as_json, quiet=quiet)


@contextmanager
def _open_store(study: Path | None, runs: Path | None) -> Iterator[Store]:
    """Open the reports of a study, without those whose time is over."""
    from api.reports.erasing import purge_reports
    from api.reports.store import Store
    from layers.errors import NoSnapshotError

    places = find_places(study, runs)
    store = Store.open(places.state)
    try:
        with suppress(NoSnapshotError):
            store.check_places(_know_places(places.runs))
        purge_reports(store, places.state, read_today())
        yield store
    finally:
        store.close()


def _know_places(runs: Path) -> Callable[[str], bool]:
    """Whether the current run holds a place, hidden or not; it is opened when first asked."""
    from functools import cache

    from georisk.originals import list_place_ids
    from georisk.snapshot import Snapshot

    @cache
    def list_ids() -> frozenset[str]:
        return list_place_ids(Snapshot.open(runs))

    return lambda place_id: place_id in list_ids()


@contextmanager
def _open_review(study: Path | None, runs: Path | None) -> Iterator[Review]:
    from api.reports.review import Review

    places = find_places(study, runs)
    with _open_store(study, runs) as store:
        yield Review(open_study(study), places.runs, places.state, store, read_today())


def _read_text(text: str) -> bytes:
    """Bytes of a report: the argument itself, or the file that it names."""
    from api.reports.vocabulary import MAX_BODY_BYTES

    if text.lstrip().startswith(("{", "[")) or len(text.split()) > 1:
        return text.encode()
    path = Path(text)
    if not path.is_file():
        return text.encode()
    with path.open("rb") as file:
        return file.read(MAX_BODY_BYTES + 1)


def _read_login() -> str:
    import getpass

    from api.reports.reviewer import check_reviewer
    from layers.errors import CallError

    try:
        return check_reviewer(getpass.getuser())
    except (KeyError, OSError, CallError):
        return "somebody at this machine"


def _describe(kept: list[Kept], runs: Path) -> list[dict[str, Any]]:
    from api.reports.review import read_places
    from georisk.snapshot import Snapshot
    from layers.errors import NoSnapshotError

    try:
        places = read_places(Snapshot.open(runs)) if kept else {}
    except NoSnapshotError:
        places = {}
    return [_describe_one(one, places) for one in kept]


def _describe_one(kept: Kept, places: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """One report as a reviewer needs it; an id that is none of a place here is not repeated."""
    from api.reports.report import PlaceReport
    from api.reports.review import find_place

    report = kept.report
    place = find_place(places, report.place_id) if report.place_id else None
    if isinstance(report, PlaceReport) or report.lon is None:
        where = report.place_id if place else "unknown place"
    else:
        where = f"{report.lat}, {report.lon}"
    what = report.status if isinstance(report, PlaceReport) else (
        f"{report.kind}: {report.dead} dead, {report.missing} missing, {report.injured} injured")
    return {
        "id": kept.id, "state": kept.state, "received": kept.received, "decided": kept.decided,
        "what": what, "where": where, "date": report.date.isoformat(),
        "known": ", ".join(place.rows) if place else "", "steward": place.steward if place else "",
        "drill": report.synthetic,
    }


def _tell(decision: Decision, *, as_json: bool, quiet: bool) -> None:
    from api.reports.editions import NONE_RECORDED, UNREADABLE

    if as_json:
        stands = decision.stands.as_dict() if decision.stands else None
        typer.echo(json.dumps({
            "id": decision.id, "state": decision.state, "run_id": decision.run_id or None,
            "layers": list(decision.layers), "stands": stands,
            "editions": None if decision.editions is None else list(decision.editions),
            "editions_unreadable": decision.editions_unreadable,
            "written": str(decision.written) if decision.written else None,
        }, ensure_ascii=False, indent=1))
        return
    say(f"{decision.id}: {decision.state}", quiet=quiet)
    if decision.written:
        say(f"written to {decision.written}: nothing is shown before `georisk import` and "
            "`georisk run`", quiet=quiet)
    if not decision.layers:
        return
    if decision.stands:
        say(f"no change: {decision.stands.status} of {decision.stands.date} stands, which was "
            "seen later", quiet=quiet)
    say(f"published as {decision.run_id}: places, maps and API; coverage, gaps and scores are "
        "those of the last full run" if decision.run_id else
        "not published: `accept --publish` or `georisk run` does", quiet=quiet)
    for edition in decision.editions or ():
        typer.echo(f"withdraw or correct: {edition}")
    if decision.editions_unreadable:
        say(UNREADABLE, quiet=False)  # who closes a place must know, whatever else is not told
    elif not decision.editions:
        say(NONE_RECORDED if decision.editions is None else "no edition carries the place",
            quiet=quiet)
