"""``georisk check``: every fault of every row of every layer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import (
    JsonOption,
    QuietOption,
    RunsOption,
    StudyOption,
    open_study,
    say,
)

if TYPE_CHECKING:
    from georisk.study import Study
    from layers.errors import Fault, LayerError
    from layers.intake import Intake

_MOST_ALIKE, _EXAMPLES = 5, 3
_HANGING = 7
_MOST_STALE = 20
_STALE = {"place_id": "place", "verify_by": "verify by", "why": "why", "last_verified": "verified",
          "steward": "steward", "owner": "owner", "layer": "layer"}


def check(
    study: StudyOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Row faults are an error too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every fault and every place to check again; else "
                           "three examples of many alike, and 20 places.")
    ] = False,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Validate all layers and print every fault, and which facilities to check again."""
    del runs  # taken like everywhere; nothing is read from a snapshot
    opened = open_study(study)
    intakes, errors = opened.check()
    stale = list_stale(opened, intakes)
    if as_json:
        layers = describe_layers(opened, intakes, errors)
        typer.echo(json.dumps({"layers": layers, "stale": stale}, indent=1))
    else:
        _print_faults(intakes, errors, most=None if everything else _MOST_ALIKE)
        _print_stale(stale, most=None if everything else _MOST_STALE, quiet=quiet)
        _print_counts(describe_layers(opened, intakes, errors), errors, quiet=quiet)
    row_faults = any(intake.quarantined for intake in intakes.values())
    if errors or (strict and row_faults):
        raise typer.Exit(2)


def describe_layers(
    study: Study, intakes: dict[str, Intake], errors: list[LayerError]
) -> dict[str, Any]:
    """Counts and faults per layer, as ``check --json`` prints them."""
    layers: dict[str, Any] = {
        name: {**intake.count(), "faults": [fault.as_dict() for fault in intake.faults]}
        for name, intake in intakes.items()
    }
    for name, faults in _group_by_layer(errors).items():
        entry = layers.setdefault(name, {**_count_unusable(study, name, faults), "faults": []})
        entry["faults"] += [fault.as_dict() for fault in faults]
    for name in study.config.layers:
        layers.setdefault(name, {"read": 1, "accepted": 1, "quarantined": 0, "faults": []})
    return layers


def list_stale(study: Study, intakes: dict[str, Intake]) -> list[dict[str, Any]]:
    """Facilities to check again, as ``check --json`` prints them: a row each, with its layer."""
    from georisk.freshness import find_stale

    rows: list[dict[str, Any]] = []
    for name, intake in intakes.items():
        if intake.spec.role == "facility":
            stale = find_stale(intake.accepted, today=study.today)
            rows += [{"layer": name, **row} for row in stale.to_dict("records")]
    return rows


def _print_stale(stale: list[dict[str, Any]], *, most: int | None, quiet: bool) -> None:
    """Print the places to check again; they are no faults, and alter no exit code."""
    if not stale:
        return
    layers = dict.fromkeys(row["layer"] for row in stale)
    for name in layers:
        count = sum(row["layer"] == name for row in stale)
        synthetic = sum(row["layer"] == name and row["synthetic"] for row in stale)
        made_up = f", {synthetic} of them synthetic" if synthetic else ""
        say(f"{name}: {count} to check again{made_up}")
    if quiet:
        return
    from api.commands.tables import print_table

    shown = stale if most is None else stale[:most]
    rows = [(*(row[key] for key in _STALE), "synthetic" if row["synthetic"] else "")
            for row in shown]
    print_table("To check again", (*_STALE.values(), "data"), rows,
                synthetic=any(row["synthetic"] for row in shown))
    if len(shown) < len(stale):
        say(f"… and {len(stale) - len(shown)} more (--all prints every one)")


def _group_by_layer(errors: list[LayerError]) -> dict[str, list[Fault]]:
    grouped: dict[str, list[Fault]] = {}
    for error in errors:
        for fault in error.faults:
            grouped.setdefault(fault.layer, []).append(fault)
    return grouped


def _count_unusable(study: Study, name: str, faults: list[Fault]) -> dict[str, int]:
    """Rows of a layer that was refused for its rows; zeros where no row was judged."""
    from layers.errors import InputError
    from layers.reading import read_rows

    faulty = len({(fault.source, fault.row) for fault in faults if fault.row is not None})
    read = 0
    if faulty and name in study.config.layers:
        adapter = study.config.layers[name].adapter
        try:
            read = sum(len(read_rows(path, study.spec(name), adapter=adapter))
                       for path in study.input_files()[name])
        except InputError:
            faulty = 0
    return {"read": read, "accepted": max(0, read - faulty), "quarantined": min(faulty, read)}


def _print_faults(
    intakes: dict[str, Intake], errors: list[LayerError], *, most: int | None
) -> None:
    rows = [fault for intake in intakes.values() for fault in intake.faults]
    _print_alike("row    ", rows, most=most)
    _print_alike("LAYER  ", [fault for error in errors for fault in error.faults], most=most)


def _print_alike(mark: str, faults: list[Fault], *, most: int | None) -> None:
    """Print faults; of more than ``most`` that are alike, three and how many more."""
    from api.commands.tables import print_text

    alike: dict[tuple[str, str, str], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.layer, fault.column, fault.reason), []).append(fault)
    for (layer, column, reason), group in alike.items():
        shown = group if most is None or len(group) <= most else group[:_EXAMPLES]
        for fault in shown:
            print_text(f"{mark}{fault}", indent=_HANGING)
        if len(shown) < len(group):
            where = f"{layer}, {column}" if column else layer
            print_text(f"{mark}{where}: {reason}: … and {len(group) - len(shown)} more like it "
                       "(--all prints every one)", indent=_HANGING)


def _print_counts(
    layers: dict[str, Any], errors: list[LayerError], *, quiet: bool
) -> None:
    unusable = _group_by_layer(errors)
    for name, entry in layers.items():
        end = "; CANNOT BE USED" if name in unusable else ""
        say(f"{name}: {entry['read']} read = {entry['accepted']} accepted + "
            f"{entry['quarantined']} quarantined{end}", quiet=quiet)
    if unusable:
        say(f"{len(unusable)} layers cannot be used: nothing will be published", quiet=quiet)
    else:
        aside = sum(entry["quarantined"] for entry in layers.values())
        say(f"all layers can be used; {aside} rows set aside", quiet=quiet)
