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


def check(
    study: StudyOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Row faults are an error too.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every fault; else three examples of many alike.")
    ] = False,
    runs: RunsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Validate all layers and print every fault."""
    del runs  # taken like everywhere; nothing is read from a snapshot
    opened = open_study(study)
    intakes, errors = opened.check()
    if as_json:
        typer.echo(json.dumps({"layers": describe_layers(opened, intakes, errors)}, indent=1))
    else:
        _print_faults(intakes, errors, most=None if everything else _MOST_ALIKE)
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


def _group_by_layer(errors: list[LayerError]) -> dict[str, list[Fault]]:
    grouped: dict[str, list[Fault]] = {}
    for error in errors:
        for fault in error.faults:
            grouped.setdefault(fault.layer, []).append(fault)
    return grouped


def _count_unusable(study: Study, name: str, faults: list[Fault]) -> dict[str, int]:
    """Rows of a layer that was refused for its rows; zeros where no row was judged."""
    from layers.errors import InputError
    from layers.readers import read_rows

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
    alike: dict[tuple[str, str, str], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.layer, fault.column, fault.reason), []).append(fault)
    for (layer, column, reason), group in alike.items():
        shown = group if most is None or len(group) <= most else group[:_EXAMPLES]
        for fault in shown:
            typer.echo(f"{mark}{fault}")
        if len(shown) < len(group):
            where = f"{layer}, {column}" if column else layer
            typer.echo(f"{mark}{where}: {reason}: … and {len(group) - len(shown)} more like it "
                       "(--all prints every one)")


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
