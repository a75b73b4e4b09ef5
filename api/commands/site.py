"""``georisk site``: propose assistance points."""

from __future__ import annotations

import json
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
    from api.commands.site_answers import Proposed, Wish
    from georisk.study import Study

_METHODS = ("auto", "exact", "greedy")
_ALL = "all"
_MOST_WORLDS = 200


def site(
    service: Annotated[str, typer.Option("--service", help="Services, joined by commas.")],
    k: Annotated[
        int | None, typer.Option("-k", help="How many points (default: the study's; with "
                                 "--budget: as many as it pays for).", show_default=False)
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", help="Most that they may cost over the horizon, "
                                   "USD.", show_default=False)
    ] = None,
    study: StudyOption = None,
    runs: RunsOption = None,
    objective: Annotated[
        str, typer.Option("--objective", help="coverage, length, hours, farthest, gap, equity, "
                          "fair, autonomy, needed, capacity; or all, side by side.")
    ] = "coverage",
    method: Annotated[str, typer.Option("--method", help="auto, exact or greedy.")] = "auto",
    profile: Annotated[
        str, typer.Option("--profile", help="For whom (default: the study's reference).")
    ] = "",
    month: Annotated[
        str, typer.Option("--month", help="1 to 12, or year (default: the study's reference).")
    ] = "",
    forbid: Annotated[
        str, typer.Option("--forbid", help="Candidates ruled out, joined by commas.")
    ] = "",
    require: Annotated[
        str, typer.Option("--require", help="Candidates that must be among them.")
    ] = "",
    allow: Annotated[
        str, typer.Option("--allow", help="Candidates let in although lethal violence is reported "
                          "there; needs --because.")
    ] = "",
    because: Annotated[
        str, typer.Option("--because", help="Why --allow; the audit log keeps it.")
    ] = "",
    worlds: Annotated[
        int, typer.Option("--worlds", help="Ask again under so many other sets of parameters; "
                          "each takes some seconds.")
    ] = 0,
    years: Annotated[
        str, typer.Option("--years", help="Money by year, USD, joined by commas: which point when.")
    ] = "",
    reader: Annotated[
        str, typer.Option("--for", help="With -o: briefs for internal use, or for an authority.")
    ] = "internal",
    form: Annotated[
        str, typer.Option("--format", help="Of the briefs: html or pdf.")
    ] = "html",
    lang: Annotated[str, typer.Option("--lang", help="Of the briefs: en, es, fr or ht.")] = "en",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder for briefs, and for results that "
                                  "`map --with` draws.")
    ] = None,
    purpose: PurposeOption = "",
    holder: HolderOption = "",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Propose assistance points. Restricted: a field visit decides."""
    from api.commands.site_answers import Wish, propose_sites

    check_purpose(purpose, out=out)
    _check_call(objective, method, k=k, allow=allow, because=because)
    _check_briefs(reader, form, lang, objective=objective, out=out)
    opened = open_study(study)
    wish = Wish(_split(service), objective, k, budget, method, profile, month, _split(require),
                _split(forbid), _split(allow), because.strip(), _read_worlds(worlds),
                _read_years(years))
    proposed = propose_sites(opened, wish)
    places = find_places(study, runs)
    keep_record(places, "site", purpose=_tell_purpose(purpose, wish), holder=holder)
    _tell(proposed, as_json=as_json, quiet=quiet)
    if out is not None:
        _write(opened, proposed, out, form=(reader, form, lang), holder=holder, quiet=quiet)
        if not quiet and reader == "internal":
            typer.echo(_tell_map(out, study, runs), err=True)  # one line, to be copied


def _check_call(
    objective: str, method: str, *, k: int | None, allow: str, because: str
) -> None:
    """Refuse what needs no study to be seen as wrong."""
    from api.commands.site_answers import MOST_POINTS
    from georisk.siting.objectives import OBJECTIVES
    from georisk.spelling import tell_names
    from layers.errors import CallError

    known = (*OBJECTIVES, _ALL)
    if objective not in known:
        raise CallError(f"--objective {objective[:60]!r}: {tell_names(objective, known)}")
    if method not in _METHODS:
        raise CallError(f"--method {method[:60]!r}: {tell_names(method, _METHODS)}")
    if k is not None and k < 1:
        raise CallError(f"-k {k}: give 1 or more")
    if k is not None and k > MOST_POINTS:
        raise CallError(f"-k {k}: give 1 to {MOST_POINTS:,}")
    if allow.strip() and not because.strip():
        raise CallError("--allow lets a point stand where lethal violence is among the most "
                        "reported: give the reason with --because")


def _check_briefs(
    reader: str, form: str, lang: str, *, objective: str, out: Path | None
) -> None:
    """Refuse briefs that cannot be written, before anything is computed."""
    from georisk.spelling import tell_names
    from layers.errors import CallError
    from maps.brief import READERS
    from maps.brief_pdf import check_printer
    from maps.catalogues import load_words

    if reader not in READERS:
        raise CallError(f"--for {reader[:60]!r}: {tell_names(reader, READERS)}")
    if form not in {"html", "pdf"}:
        raise CallError(f"--format {form[:60]!r}: {tell_names(form, ('html', 'pdf'))}")
    load_words(lang)
    if out is None and (reader != "internal" or form != "html"):
        raise CallError("--for and --format are about the briefs that -o writes: say where with -o")
    if out is not None and objective == _ALL:
        raise CallError("--objective all is printed; -o writes the points of one: name it")
    if out is not None:
        _check_folder(out / "restricted", reader)
    if form == "pdf":
        check_printer()


def _check_folder(folder: Path, reader: str) -> None:
    """What planners read and what an authority is given never lie in one folder."""
    from layers.errors import CallError

    for path in sorted(folder.glob("*")):
        if path.name.startswith("brief-authority-") != (reader == "authority"):
            raise CallError(f"{folder} holds {path.name}: briefs for planners and for an authority "
                            "need folders of their own; name another with -o")


def _split(text: str) -> tuple[str, ...]:
    return tuple(sorted({name.strip() for name in text.split(",")} - {""}))


def _read_worlds(worlds: int) -> int:
    from layers.errors import CallError

    if not 0 <= worlds <= _MOST_WORLDS:
        raise CallError(f"--worlds {worlds}: give 0 to {_MOST_WORLDS}")
    return worlds


def _read_years(text: str) -> tuple[float, ...]:
    """Money by year; dots and blanks that group digits are not guessed."""
    from layers.errors import CallError

    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise CallError(f"--years {text[:60]!r}: give dollars by year, as 300000,200000") from error


def _tell_purpose(purpose: str, wish: Wish) -> str:
    """The purpose, and why a candidate was let in against the security rule."""
    if not wish.allowed:
        return purpose
    over = f"security override of {', '.join(wish.allowed)}: {wish.because}"
    return "; ".join(filter(None, (over, purpose.strip())))  # the log cuts long ends off


def _tell(proposed: Proposed, *, as_json: bool, quiet: bool) -> None:
    from api.commands.site_json import describe_proposed
    from api.commands.site_tables import list_notes, print_proposed

    if as_json:
        typer.echo(json.dumps(describe_proposed(proposed), ensure_ascii=False, indent=1))
        return
    print_proposed(proposed)
    for note in list_notes(proposed):
        say(f"note: {note}", quiet=quiet)


def _write(
    study: Study, proposed: Proposed, out: Path, *, form: tuple[str, str, str], holder: str,
    quiet: bool,
) -> None:
    """Write the briefs; and for planners the layers and the document."""
    from api.commands.briefs import MOST_BRIEFS, write_briefs
    from api.commands.site_json import describe_proposed

    reader, kind, lang = form
    if reader == "internal":
        folder = write_folder(proposed.layers, out, study, holder=holder,
                              asked=describe_proposed(proposed))
        say(f"restricted results in {folder}; draw them with", quiet=quiet)
    paths = write_briefs(study, proposed, out / "restricted", reader=reader, form=kind, lang=lang,
                         holder=holder)
    left_out = min(len(proposed.answer.sites), MOST_BRIEFS) - len(paths)
    if left_out:
        say(f"{left_out} without a brief: the place has no consent in date to be named to others",
            quiet=quiet)
    say(f"{len(paths)} decision brief{'s' if len(paths) != 1 else ''}: {paths[0].parent}"
        if paths else "no decision brief: no point is proposed", quiet=quiet)


def _tell_map(out: Path, study: Path | None, runs: Path | None) -> str:
    """The whole command that draws the results, to be copied."""
    import shlex

    where = [part for flag, path in (("-s", study), ("--runs", runs)) if path
             for part in (flag, shlex.quote(str(path)))]
    folder = shlex.quote(str(out))
    return " ".join(["georisk map overview", *where, "--with", folder, "--audience restricted",
                     '--purpose "planning assistance points" -o', folder])
