"""``georisk site``: propose assistance points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import (
    JsonOption,
    PurposeOption,
    QuietOption,
    RunsOption,
    StudyOption,
    find_places,
    open_study,
    say,
)

if TYPE_CHECKING:
    from georisk.siting.proposals import Proposal
    from layers.layer import Layer

_OBJECTIVES = ("coverage",)
_METHODS = ("auto", "exact", "greedy")


def site(
    service: Annotated[str, typer.Option("--service", help="Services, joined by commas.")],
    k: Annotated[int, typer.Option("-k", help="How many points.")],
    study: StudyOption = None,
    runs: RunsOption = None,
    objective: Annotated[
        str, typer.Option("--objective", help="coverage: risk-weighted uncovered person-km.")
    ] = "coverage",
    method: Annotated[str, typer.Option("--method", help="auto, exact or greedy.")] = "auto",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for results that `map --with` draws.")
    ] = None,
    purpose: PurposeOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Propose assistance points. Restricted: a field visit decides."""
    from api.audit import record
    from layers.errors import CallError

    if objective not in _OBJECTIVES:
        raise CallError(f"--objective {objective!r}: there is {', '.join(_OBJECTIVES)}")
    if method not in _METHODS:
        raise CallError(f"--method {method!r}: there are {', '.join(_METHODS)}")
    if k < 1:
        raise CallError(f"-k {k}: give 1 or more")
    opened = open_study(study)
    services = tuple(sorted({name.strip() for name in service.split(",")} - {""}))
    choice = {**opened.config.siting.model_dump(), "services": services, "k": k, "method": method}
    scenario = opened.with_changes(siting=choice)
    siting = scenario.value("siting")
    if siting.proposal is None:
        raise CallError(siting.refusal)
    record(find_places(study, runs).state, action="site", audience="restricted",
           purpose=purpose or "planning on this machine", run_id="")
    layers = {name: scenario.layer(name) for name in ("proposed_sites", "proposed_sites_km")}
    if as_json:
        told = _describe(layers, siting.proposal, filled_km=siting.filled_km)
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print_sites(layers["proposed_sites"])
        print_sites(layers["proposed_sites_km"])
        for note in scenario.made("siting").warnings:
            say(f"note: {note}", quiet=quiet)
    if out is not None:
        from georisk.results import write_results

        write_results(out / "restricted", layers)
        say(f"restricted results in {out / 'restricted'}; draw them with", quiet=quiet)
        if not quiet:
            typer.echo(_tell_map(out, study, runs), err=True)  # one line, to be copied


def _tell_map(out: Path, study: Path | None, runs: Path | None) -> str:
    """The whole command that draws the results, to be copied."""
    import shlex

    where = [part for flag, path in (("-s", study), ("--runs", runs)) if path
             for part in (flag, shlex.quote(str(path)))]
    folder = shlex.quote(str(out))
    return " ".join(["georisk map overview", *where, "--with", folder, "--audience restricted",
                     '--purpose "planning assistance points" -o', folder])


def _describe(
    layers: dict[str, Layer], proposal: Proposal, *, filled_km: float
) -> dict[str, object]:
    solution = proposal.risk
    return {
        "objective": solution.objective,
        "bound": solution.bound,
        "bound_gap": solution.gap,
        "status": solution.status,
        "uncovered": solution.total,
        "filled_km": filled_km,
        "sites": _to_rows(layers["proposed_sites"]),
        "person_km_sites": _to_rows(layers["proposed_sites_km"]),
        "synthetic": layers["proposed_sites"].provenance.synthetic,
        "audience": "restricted",
    }


def _to_rows(layer: Layer) -> list[dict[str, object]]:
    from layers.geojson import encode_features

    features = json.loads(b"[" + bytes(encode_features(layer).buffer).rstrip(b",") + b"]")
    rows = [{"candidate_id": f["id"], **f["properties"],
             "lon": f["geometry"]["coordinates"][0], "lat": f["geometry"]["coordinates"][1]}
            for f in features]
    return sorted(rows, key=lambda row: row["rank"])


def print_sites(layer: Layer) -> None:
    """Print proposed sites in rank order."""
    from api.commands.tables import print_table, show_share

    frame = layer.frame.sort_values("rank")
    rows = [
        (row.rank, row.place, row.services, row.benefit, show_share(row.benefit_share),
         show_share(row.cumulative_share), show_share(row.selection_frequency),
         "both" if row.in_both else "only here", row.reason)
        for row in frame.itertuples()
    ]
    if not rows:
        return
    unit = frame["benefit_unit"].iloc[0]
    print_table(
        f"{layer.spec.title['en']} (restricted; benefit in {unit})",
        ("rank", "place", "services", "benefit", "share", "total", "chosen in draws",
         "solutions", "reason"),
        rows, synthetic=layer.provenance.synthetic,
    )
