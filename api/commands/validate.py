"""``georisk validate``: measured skill of the forecasts, gates and plots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import (
    HolderOption,
    JsonOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_study,
    read_today,
    say,
)

if TYPE_CHECKING:
    from georisk.marking import Marking
    from georisk.study import Study

_VERDICTS = {True: "passed", False: "FAILED", None: "not judged"}


def validate(
    study: StudyOption = None,
    runs: RunsOption = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the page and its JSON "
                                  "(default: skill/ beside the snapshots).")
    ] = None,
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure the skill of the forecasts on years they have not seen. Restricted.

    A failed gate is a finding: it is printed as failed, and the command exits 0.
    """
    from api.logs.audit import record
    from georisk.fitting.forecasters import list_forecasters
    from georisk.validation.priorities import grade_study
    from georisk.validation.report import SKILL_FILE, dump_report, write_report
    from georisk.validation.validating import validate_study

    opened = open_study(study)
    _raise_faults(opened)
    places = find_places(study, runs)
    record(places.state, action="validate", audience="restricted",
           purpose=purpose or "planning on this machine", run_id="", holder=holder)
    folder = out or places.runs / "skill"
    # A folder that cannot be written is refused before minutes of work, not after.
    (folder / "restricted").mkdir(mode=0o700, parents=True, exist_ok=True)
    report = validate_study(opened, list_forecasters(opened), priority=grade_study(opened),
                            tell=lambda text: say(text, quiet=quiet))
    write_report(places.runs / SKILL_FILE, report)
    paths = _write_pages(report, folder, _mark(report, holder=holder))
    for warning in report["warnings"]:
        say(f"warning: {warning}", quiet=quiet)
    if as_json:
        typer.echo(dump_report(report), nl=False)
    else:
        _print_gates(report)
    for path in paths:
        say(f"restricted: {path}", quiet=quiet)


def _raise_faults(study: Study) -> None:
    """Refuse input that cannot be used, telling all of it."""
    from api.commands.tables import print_text
    from layers.errors import CallError

    _, errors = study.check()
    for fault in (fault for error in errors for fault in error.faults):
        print_text(f"LAYER  {fault}", err=True, indent=7)
    if errors:
        raise CallError("mend the files (`georisk check` tells all), then validate again")


def _mark(report: dict[str, Any], *, holder: str) -> Marking:
    from georisk.marking import Marking

    return Marking.restrict(read_today(), holder=holder, synthetic=report["synthetic"],
                            parameters_sha256=report["parameters_sha256"])


def _write_pages(report: dict[str, Any], out: Path, marking: Marking) -> list[Path]:
    """Page and JSON in a folder that its owner alone can look into."""
    from georisk.validation.report import dump_report, write_private
    from maps.skill.page import draw_skill_page

    stem = marking.name("skill")
    paths = [out / "restricted" / f"{stem}.html", out / "restricted" / f"{stem}.json"]
    write_private(paths[0], draw_skill_page(report, marking=marking))
    write_private(paths[1], dump_report({**report, **marking.as_text(),
                                         "synthetic": report["synthetic"]}))
    return paths


def _print_gates(report: dict[str, Any]) -> None:
    from api.commands.tables import NOT_MEASURED, print_table, print_text

    rows = [
        (gate["gate"], gate["domain"], _VERDICTS[gate["passed"]], _show(gate["value"]),
         "" if gate["low"] is None else f"{gate['low']:+.3f} to {gate['high']:+.3f}",
         gate["statement"], gate["why"])
        for gate in report["gates"]
    ]
    print_table(
        f"{report['title']}: gates, as of {report['as_of']} (restricted)",
        ("gate", "domain", "verdict", "measured", "interval", "bar", "why"), rows,
        synthetic=report["synthetic"])
    print_text(NOT_MEASURED)


def _show(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
