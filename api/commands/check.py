"""``georisk check``: every fault of every row of every layer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.options import JsonOption, QuietOption, StudyOption, open_study, say

if TYPE_CHECKING:
    from georisk.study import Study
    from layers.errors import LayerError
    from layers.intake import Intake


def check(
    study: StudyOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Row faults are an error too.")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Validate all layers and print every fault."""
    opened = open_study(study)
    intakes, errors = opened.check()
    if as_json:
        typer.echo(json.dumps({"layers": describe_layers(opened, intakes, errors)}, indent=1))
    else:
        _print_report(intakes, errors, quiet=quiet)
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
    for error in errors:
        for fault in error.faults:
            empty = {"read": 0, "accepted": 0, "quarantined": 0, "faults": []}
            layers.setdefault(fault.layer, empty)["faults"].append(fault.as_dict())
    for name in study.config.layers:
        layers.setdefault(name, {"read": 1, "accepted": 1, "quarantined": 0, "faults": []})
    return layers


def _print_report(
    intakes: dict[str, Intake], errors: list[LayerError], *, quiet: bool
) -> None:
    for intake in intakes.values():
        for fault in intake.faults:
            typer.echo(f"row    {fault}")
    for error in errors:
        for fault in error.faults:
            typer.echo(f"LAYER  {fault}")
    for name, intake in intakes.items():
        say(f"{name}: {intake.read} read = {len(intake.accepted)} accepted + "
            f"{intake.quarantined} quarantined", quiet=quiet)
    if not errors:
        say("all layers can be used", quiet=quiet)
