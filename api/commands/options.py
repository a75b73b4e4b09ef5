"""Options that several commands take, and where they lead."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from georisk.doors import Door
    from georisk.study import Study
    from layers.layer import Layer
    from layers.spec import Audience

StudyOption = Annotated[
    Path | None,
    typer.Option("-s", "--study", help="A study.toml or its folder (default: $GEORISK_STUDY, "
                 "else data/mesoamerica).", show_default=False),
]
RunsOption = Annotated[
    Path | None,
    typer.Option("--runs", help="Folder of the snapshots (default: runs/ beside the study).",
                 show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what is wrong.")]
AudienceOption = Annotated[
    str, typer.Option("--audience", help="public, partner or restricted; more than public needs "
                      "--purpose.")
]
PurposeOption = Annotated[
    str, typer.Option("--purpose", help="Why more than public is needed; the audit log keeps it.")
]
HolderOption = Annotated[
    str, typer.Option("--holder", help="Who will hold what is not public; stands in its name.")
]
OutOption = Annotated[Path, typer.Option("-o", "--out", help="Folder to write into.")]

DEFAULT_STUDY = Path("data/mesoamerica")
ON_TERMINAL = "planning on this machine"


@dataclass(frozen=True)
class Places:
    """Where a command finds its study, its snapshots and its state."""

    study: Path
    runs: Path

    @property
    def state(self) -> Path:
        """Folder for keys, audit and reports."""
        chosen = os.environ.get("GEORISK_STATE")
        return Path(chosen) if chosen else self.study / "state"


def find_places(study: Path | None, runs: Path | None) -> Places:
    """Resolve ``--study`` and ``--runs`` with their defaults."""
    chosen = study or Path(os.environ.get("GEORISK_STUDY") or DEFAULT_STUDY)
    folder = chosen.parent if chosen.suffix == ".toml" else chosen
    return Places(folder, runs or folder / "runs")


def open_study(study: Path | None) -> Study:
    """Open the study that the options name."""
    from georisk.study import Study

    chosen = study or Path(os.environ.get("GEORISK_STUDY") or DEFAULT_STUDY)
    return Study.open(chosen, state=find_places(study, None).state)


def read_today() -> dt.date:
    """Today, the one place where a command reads the clock."""
    return dt.datetime.now(tz=dt.UTC).date()


def check_audience(audience: str, *, purpose: str) -> None:
    """Refuse an unknown audience, and more than public without a purpose."""
    from layers.errors import CallError
    from layers.spec import AUDIENCES

    if audience not in AUDIENCES:
        raise CallError(f"--audience {audience!r}: there are {', '.join(AUDIENCES)}")
    if audience != "public" and not purpose.strip():
        raise CallError(f"--audience {audience} needs --purpose: say why, for the audit log")


def check_purpose(purpose: str, *, out: Path | None) -> None:
    """Refuse to write what is restricted without a purpose: a file may leave the machine."""
    from layers.errors import CallError

    if out is not None and not purpose.strip():
        raise CallError("-o writes restricted files, which needs --purpose: say why, for the "
                        "audit log (what is only printed needs none)")


def keep_record(places: Places, action: str, *, purpose: str, holder: str = "") -> None:
    """Write to the audit log that a planner asked for restricted results."""
    from api.logs.audit import record

    record(places.state, action=action, audience="restricted",
           purpose=purpose.strip() or ON_TERMINAL, run_id="", holder=holder.strip())


def write_folder(
    layers: dict[str, Layer], out: Path, study: Study, *, holder: str,
    asked: dict[str, object] | None = None,
) -> Path:
    """Write restricted results with audience, holder and last day; the folder they are in."""
    from georisk.marking import Marking
    from georisk.results import write_results

    marking = Marking.restrict(
        study.today, holder=holder, parameters_sha256=study.parameters.sha256,
        synthetic=any(layer.provenance.synthetic for layer in layers.values()))
    folder = out / "restricted"
    write_results(folder, layers, marking=marking, asked=asked)
    return folder


def open_door(
    places: Places, audience: str, *, purpose: str, action: str, holder: str = ""
) -> Door:
    """Open the current snapshot for an audience; more than public is written to the audit log.

    Raises
    ------
    CallError
        If the audience is unknown, or more than public is asked for without a purpose.
    """
    import georisk.doors
    from api.logs.audit import record

    check_audience(audience, purpose=purpose)
    door = georisk.doors.open(cast("Audience", audience), runs=places.runs, today=read_today())
    if audience != "public":
        record(places.state, action=action, audience=audience, purpose=purpose, run_id=door.run_id,
               holder=holder)
    if door.amends:
        say("warning: places were amended after the run: coverage, gaps, capacity, scores and "
            "proposed sites are still those of the last full run; `georisk run` computes them anew")
    if "lapsed" in door.changes:
        say("warning: consent or verification of listed places has run out since the run: gaps "
            "that others than planners are told may be longer; `georisk run` computes them anew")
    return door


def say(text: str, *, quiet: bool = False) -> None:
    """Tell how it goes, on stderr; on a terminal wrapped at blanks."""
    if not quiet:
        from api.commands.tables import print_text

        print_text(text, err=True, indent=2)
