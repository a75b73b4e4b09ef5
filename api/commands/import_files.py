"""``georisk import``: bring files into a study of one's own."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import JsonOption, QuietOption, StudyOption, open_study, say
from api.commands.tables import print_table, print_text, print_warning

if TYPE_CHECKING:
    from georisk.register.importing import Order, Plan
    from georisk.study import Study
    from layers.errors import Fault

_SHOWN, _FEW = 20, 5
DEFAULT_CONFIDENCE = 0.9


def import_files(
    files: Annotated[list[Path], typer.Argument(help="Files to bring in.", show_default=False)],
    layer: Annotated[str, typer.Option("--layer", help="Layer to bring them into.")],
    study: StudyOption = None,
    adapter: Annotated[
        str, typer.Option("--adapter", help="auto, or the upstream: iom ucdp hurdat inegi osm "
                          "kobo hxl table.")
    ] = "auto",
    owner: Annotated[
        str, typer.Option("--owner", help="Whose rows these are; only this owner's rows change.")
    ] = "",
    sheet: Annotated[
        str, typer.Option("--sheet", help="Sheet, layer or repeat group to read.")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="The files are all there is: other rows go.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; change nothing.")
    ] = False,
    accept_suggestions: Annotated[
        bool, typer.Option("--accept-suggestions", help="Put in suggestions that are sure enough.")
    ] = False,
    confidence: Annotated[
        float, typer.Option("--confidence", min=0.5, max=1.0, help="How sure is sure enough.")
    ] = DEFAULT_CONFIDENCE,
    accept_vanished: Annotated[
        bool, typer.Option("--accept-vanished", help="Believe that more than a fifth vanished.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Print every row set aside.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Bring files into a layer: every row is accepted or set aside with its reason."""
    from georisk.register.importing import Order, carry_out

    opened = open_study(study)
    order = Order(layer, adapter, owner.strip(), sheet, confidence if accept_suggestions else None,
                  replacing=replace, vanishing=accept_vanished)
    plan = _plan(opened, files, order, as_json=as_json)
    if not dry_run:
        carry_out(opened, plan)
    if as_json:
        typer.echo(json.dumps(describe_plan(plan, done=not dry_run), indent=1, ensure_ascii=False))
        return
    _print_plan(plan, most=None if everything else _SHOWN, quiet=quiet)
    if dry_run:
        say("dry run: nothing was changed", quiet=quiet)
    elif not quiet:
        _tell_undecided(open_study(study), layer)


def _tell_undecided(opened: Study, layer: str) -> None:
    from georisk.register.deciding import count_undecided

    pairs = count_undecided(opened, layer)
    if pairs is None:
        print_warning("too many rows to look for records that may be one: "
                      f"georisk duplicates --layer {layer}")
    elif pairs:
        say(f"{pairs} pairs of records may be one: georisk duplicates --layer {layer}")


def _plan(opened: Study, files: list[Path], order: Order, *, as_json: bool) -> Plan:
    """Plan an import; with ``--json`` a refusal is a document too, and exit 2."""
    from georisk.register.importing import plan_import
    from layers.errors import LayerError

    try:
        return plan_import(opened, files, order)
    except LayerError as error:
        if not as_json:
            raise
        entry = {"read": 0, "accepted": 0, "quarantined": 0,
                 "faults": [fault.as_dict() for fault in error.faults]}
        document = {"layers": {order.layer: entry}, "done": False}
        typer.echo(json.dumps(document, indent=1, ensure_ascii=False))
        raise typer.Exit(2) from error


def describe_plan(plan: Plan, *, done: bool) -> dict[str, Any]:
    """An import as ``--json`` prints it."""
    faults = [*plan.intake.faults, *plan.refused]
    entry = {
        **plan.count(),
        "faults": [fault.as_dict() for fault in faults],
        "remarks": [fault.as_dict() for fault in plan.intake.remarks],
        "applied": [fault.as_dict() for fault in plan.applied],
        "changes": plan.merged.counts,
        "conflicts": plan.merged.conflicts.to_dict("records"),
        "recognised": list(plan.notes),
        "not_understood": {name: dict(values) for name, values in plan.unmapped.items()},
        "files": list(plan.files),
    }
    return {"layers": {plan.order.layer: entry}, "done": done}


def _print_plan(plan: Plan, *, most: int | None, quiet: bool) -> None:
    for note in plan.notes:
        say(note, quiet=quiet)
    _print_faults("Put in as suggested", plan.applied, plan, most)
    _print_faults("Set aside", [*plan.intake.faults, *plan.refused], plan, most)
    _print_remarks(plan.intake.remarks, most=most)
    for heading, values in plan.unmapped.items():
        listed = ", ".join(f"{value} ({count})" for value, count in list(values.items())[:most])
        more = f" and {len(values) - most} more" if most and len(values) > most else ""
        print_warning(f"{heading}: {listed}{more}")
    _print_conflicts(plan)
    counts = plan.count()
    say(f"{plan.order.layer}: {counts['read']} read = {counts['accepted']} accepted + "
        f"{counts['quarantined']} quarantined", quiet=quiet)
    say(", ".join(f"{count} {name.replace('_', ' ')}"
                  for name, count in plan.merged.counts.items() if count) or "nothing changed",
        quiet=quiet)


def _is_synthetic(plan: Plan) -> bool:
    frame = plan.merged.kept.frame
    return "synthetic" in frame and bool(frame["synthetic"].fillna(value=False).any())


def _print_faults(
    title: str, faults: list[Fault] | tuple[Fault, ...], plan: Plan, most: int | None
) -> None:
    if not faults:
        return
    rows = [
        (fault.row or "", fault.id, fault.column, fault.value, fault.reason,
         f"{fault.suggestion} ({fault.confidence:.0%})" if fault.fix else fault.suggestion,
         fault.source)
        for fault in faults[:most]
    ]
    header = ("record", "id", "column", "value", "reason", "suggestion", "file")
    print_table(title, header, rows, synthetic=_is_synthetic(plan))
    if most and len(faults) > most:
        print_text(f"… and {len(faults) - most} more (--all prints every one)")


def _print_remarks(remarks: tuple[Fault, ...], *, most: int | None) -> None:
    """How often each kind of doubt arose about rows that were accepted all the same."""
    alike: dict[tuple[str, str], list[Fault]] = {}
    for fault in remarks:
        alike.setdefault((fault.column, _name_kind(fault.reason)), []).append(fault)
    files = {fault.source for fault in remarks}
    for (column, kind), group in alike.items():
        told = group[0].reason if len(group) == 1 else kind
        shown = group if most is None else group[:_FEW]
        records = ", ".join(f"{fault.source} {fault.row}" if len(files) > 1 else str(fault.row)
                            for fault in shown if fault.row is not None)
        more = " …" if len(group) > len(shown) else ""
        count = f"{len(group)} rows, " if len(group) > 1 else ""
        where = f" ({count}record {records}{more})" if records else ""
        print_warning(f"{column}: {told}{where}" if column else f"{told}{where}")


@lru_cache(maxsize=10_000)
def _name_kind(reason: str) -> str:
    """A remark without what is its row's own: numbers, and names of places.

    Examples
    --------
    >>> _name_kind("at sea, 14 km from Spain, which the record states")
    'at sea, … km from …, which the record states'
    >>> _name_kind("the middle of Sonora: good to some 169 km")
    'the middle of …: good to some … km'
    """
    reason = re.sub(r"^the middle of [^:]*:", "the middle of …:", reason)
    kind = re.sub(r"^in [^,]*,", "in …,", re.sub(r"from [^,;]*,? which", "from …, which", reason))
    return re.sub(r"\d[\d,.]*", "…", kind)


def _print_conflicts(plan: Plan) -> None:
    conflicts = plan.merged.conflicts
    if not len(conflicts):
        return
    rows = list(conflicts.itertuples(index=False))[:_SHOWN]
    print_table("Conflicts: what is kept stays until a person decides", list(conflicts.columns),
                rows, synthetic=_is_synthetic(plan))
    say(f"decide: georisk duplicates --layer {plan.order.layer} -o FILE.csv, fill in the column "
        "decision, then --apply FILE.csv")
