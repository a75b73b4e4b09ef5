"""``georisk priority``: where help is most needed for a given traveller."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    HolderOption,
    JsonOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    check_purpose,
    find_places,
    keep_record,
    open_study,
    say,
    write_folder,
)

if TYPE_CHECKING:
    import pandas as pd

    from georisk.priority.asking import Answer
    from georisk.study import Study

_DECIMALS = 4
_PLACES = ("place of 100: if all ranked stretches stood in a line of 100, the neediest first, this "
           "one would stand between these places in 90 of 100 draws (redrawn reports, other "
           "declared numbers).\n"
           "among first 10: in how many draws it is one of the first ten of those 100.")


def priority(
    study: StudyOption = None,
    runs: RunsOption = None,
    profile: Annotated[
        str, typer.Option("--profile", help="For whom (default: the study's reference).")
    ] = "",
    mode: Annotated[
        str, typer.Option("--mode", help="foot, train or road wherever there is no boat "
                          "leg (default: each segment's own).")
    ] = "",
    month: Annotated[
        str, typer.Option("--month", help="1 to 12 (default: the mean over the year).")
    ] = "",
    corridor: Annotated[str, typer.Option("--corridor", help="Only stretches of this one.")] = "",
    top: Annotated[int, typer.Option("--top", help="How many stretches to print.")] = 20,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Say which declared numbers move the ranking.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for the restricted table.")
    ] = None,
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Rank stretches by where help is most needed: an index, not a forecast. Restricted."""
    from api.commands.questions import check_corridor, read_month
    from api.commands.tables import print_text
    from georisk.priority.asking import ask_priority, ask_sensitivity
    from georisk.priority.scene import Choice
    from georisk.validation.report import read_skill, tell_priority_skill
    from layers.errors import CallError

    if top < 1:
        raise CallError(f"--top {top}: give 1 or more")
    check_purpose(purpose, out=out)
    opened = open_study(study)
    check_corridor(corridor, opened)
    choice = Choice(mode or None, read_month(month) if month else None)
    answer = ask_priority(opened, profile=profile or None, choice=choice)
    keep_record(find_places(study, runs), "priority", purpose=purpose, holder=holder)
    moved = ask_sensitivity(opened, answer) if sensitivity else None
    stretches = _choose_stretches(answer, corridor, top)
    skill = tell_priority_skill(read_skill(find_places(study, runs).runs))
    if out is not None:
        folder = write_folder({"priority": answer.layer}, out, opened, holder=holder)
        say(f"restricted results in {folder}", quiet=quiet)
    if as_json:
        told = _describe(opened, answer, stretches, moved)
        told |= {"mode": choice.mode, "month": choice.month, "skill": skill}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        _print_all(opened, answer, stretches, moved)
        print_text(skill)
        for note in answer.warnings:
            say(f"note: {note}", quiet=quiet)


def _choose_stretches(answer: Answer, corridor: str, top: int) -> pd.DataFrame:
    from georisk.priority.telling import rank_stretches

    table = rank_stretches(answer.layer.frame)
    if len(table) and corridor:
        table = table[table["corridor"] == corridor]
    return table.head(top)


def _print_all(
    study: Study, answer: Answer, stretches: pd.DataFrame, moved: pd.DataFrame | None
) -> None:
    from api.commands.tables import (
        NOT_MEASURED,
        print_groups,
        print_table,
        print_text,
        show_share,
    )
    from georisk.priority import LABEL
    from georisk.priority.telling import tabulate_defaults, tell_band, tell_missing, tell_reasons

    synthetic = answer.layer.provenance.synthetic
    rows = [
        (f"{row['leg_id']} km {row['from_km']:.0f}-{row['to_km']:.0f}",
         tell_band(row["band_low"], row["band_high"]), show_share(row["p_top"]),
         row["near_place"], row["mode"], tell_missing(row), tell_reasons(row))
        for _, row in stretches.iterrows()
    ]
    print_groups(f"Where help is most needed: {answer.profile} ({LABEL}; restricted)",
                 ("stretch", "place of 100", "among first 10", "near", "mode", "out of reach",
                  "why"), rows, synthetic=synthetic)
    print_text(_PLACES)
    if moved is not None:
        print_table("What moves the ranking (Sobol indices of the mean shift of ranks)",
                    ("declared numbers", "alone", "with interplay"),
                    [(name, show_share(max(one, 0.0)), show_share(max(all_, 0.0)))
                     for name, one, all_ in moved.itertuples()], synthetic=synthetic)
    print_table("Declared defaults in use: for field teams to replace",
                ("priority.", "values"), tabulate_defaults(study.parameters, answer.defaults),
                synthetic=False)
    print_text(_tell_verdict(answer))
    print_text(NOT_MEASURED)


def _tell_verdict(answer: Answer) -> str:
    import numpy as np

    spread = answer.ranking.spread
    if not len(spread.overlap):
        return "No stretch has a rank."
    verdict = "robust" if spread.robust else "NOT robust"
    return (f"The first tenth is {verdict}: with other declared numbers and redrawn reports it "
            f"shares {np.median(spread.overlap):.0%} (median of {len(spread.overlap)} draws; "
            "70% or more is robust).")


def _describe(
    study: Study, answer: Answer, stretches: pd.DataFrame, moved: pd.DataFrame | None
) -> dict[str, object]:
    import numpy as np

    from api.commands.tables import NOT_MEASURED
    from georisk.priority import LABEL
    from georisk.priority.telling import tell_reasons

    spread = answer.ranking.spread
    rows = [{"stretch_id": name, **_to_plain(row), "why": tell_reasons(row)}
            for name, row in stretches.iterrows()]
    entries = study.parameters.entries
    return {
        "label": LABEL, "profile": answer.profile, "stretches": rows,
        "robust": spread.robust,
        "overlap": round(float(np.median(spread.overlap)), _DECIMALS) if len(spread.overlap)
        else None,
        "draws": len(spread.overlap),
        "defaults": {name: {key: entries[name].get(key) for key in ("value", "range", "source")}
                     for name in answer.defaults},
        "sensitivity": None if moved is None else
        {name: _to_plain(row) for name, row in moved.iterrows()},
        "notes": [*answer.warnings, NOT_MEASURED],
        "synthetic": answer.layer.provenance.synthetic, "audience": "restricted",
    }


def _to_plain(row: pd.Series) -> dict[str, object]:
    """Values that JSON knows; none for what is missing."""
    plain: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, str):
            plain[str(name)] = value
        else:
            number = float(value)
            plain[str(name)] = None if math.isnan(number) else round(number, _DECIMALS)
    return plain
