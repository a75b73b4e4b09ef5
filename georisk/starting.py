"""A study of one's own: a new one, or a copy of another, without what the other has computed."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from georisk.config import find_study_file
from georisk.variables import fill_variables
from layers.catalog import load_catalog
from layers.errors import CallError, StudyError
from layers.sheets.templates import write_templates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from georisk.study import Study

NEW_STUDY = Path(__file__).parent / "new_study.toml"
TEMPLATES = "templates"
# Results, the audit log, what was shown to whom, and rows set aside belong to the study they
# were made in. Tombstones go along: a copy must not bring back what was erased for good. So do the
# decisions in force, without which the next one would take every merge apart.
_LEFT_BEHIND = frozenset({"runs", "state", "register", "quarantine", "out", "public", "partner",
                          "restricted", "__pycache__", TEMPLATES})
_TOMBSTONES = "register/*/tombstone*.json"
_IGNORED = """\
# Rows about people and places, and all that is made of them, stay out of version control.
/layers/
/register/
/quarantine/
/runs/
/state/
/out/
"""


def start_study(folder: Path) -> Path:
    """Make a folder for a new study: a commented study file and spreadsheets to fill in.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty. It is made readable by its owner alone.

    Returns
    -------
    Path
        ``study.toml``, which opens as it is.

    Raises
    ------
    CallError
        If the folder holds anything.
    OSError
        If it cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     file = start_study(Path(place) / "mine")
    ...     sorted(path.name for path in file.parent.iterdir())
    ['.gitignore', 'layers', 'study.toml', 'templates']
    """
    with _build_aside(folder) as work:
        shutil.copyfile(NEW_STUDY, work / "study.toml")
        (work / "layers").mkdir()
        (work / ".gitignore").write_text(_IGNORED, encoding="utf-8")
        write_templates(work / TEMPLATES, load_catalog().values())
    return folder / "study.toml"


def copy_study(source: Path, folder: Path) -> Path:
    """Copy a study into a new folder, to be changed there.

    Its files come along; its snapshots, audit log, history of imports and quarantines do not.
    Ids that were erased for good stay erased, and what people decided to be one stays one.

    Parameters
    ----------
    source : Path
        A ``study.toml`` or its folder.

    Returns
    -------
    Path
        The copy's study file.

    Raises
    ------
    CallError
        If the folder holds anything, or one of the folders lies within the other.
    StudyError
        If there is no sound study at ``source``, or it needs files outside its folder.
    OSError
        If something cannot be read or written.
    """
    from georisk.study import Study

    file = find_study_file(source).resolve()
    if folder.resolve().is_relative_to(file.parent):
        raise CallError(f"{folder} lies inside the study that is to be copied: choose another")
    study = Study.open(file)
    _check_inside(study)
    specs = [study.spec(name) for name in sorted({*load_catalog(), *study.config.layers})]
    with _build_aside(folder) as work:
        shutil.copytree(file.parent, work, symlinks=True, dirs_exist_ok=True,
                        ignore=partial(_leave_behind, home=file.parent))
        for stones in sorted(file.parent.glob(_TOMBSTONES)):
            kept = work / stones.relative_to(file.parent)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(stones, kept)
        for name in study.config.layers:
            _copy_decisions(study, name, work)
        _open_for_changes(work / file.name)
        if not (work / ".gitignore").exists():
            (work / ".gitignore").write_text(_IGNORED, encoding="utf-8")
        write_templates(work / TEMPLATES, specs)
        work.chmod(0o700)
    return folder / file.name


def _copy_decisions(study: Study, layer: str, work: Path) -> None:
    """Write what is decided of a kept layer into the copy's history, as one edition.

    It has the number of the copied rows, which may be older than the source's by now.
    """
    import pandas as pd

    from georisk.register.deciding import read_decided
    from georisk.register.keeping import find_shelf
    from layers.register.history import CHANGE_COLUMNS, Edition, write_edition
    from layers.register.kept import is_kept, read_ledger

    shelf, home = find_shelf(study, layer), study.file.parent
    rows = work / shelf.rows.relative_to(home)
    if study.input_files().get(layer) != (shelf.rows,) or not is_kept(rows):
        return
    edition = read_ledger(rows)["edition"]
    decided = read_decided(study, layer, edition)
    if not len(decided):
        return
    about = {
        "edition": edition, "day": study.today.isoformat(), "layer": layer, "files": [],
        "adapter": "copy", "decisions": decided.to_dict("records"),
        "read": 0, "accepted": 0, "quarantined": 0,
    }
    changes = pd.DataFrame(columns=list(CHANGE_COLUMNS), dtype="str")
    empty = pd.DataFrame()
    write_edition(Edition(edition, about, changes, empty, empty),
                  work / shelf.history.relative_to(home))


def _check_inside(study: Study) -> None:
    """Refuse to copy a study whose files lie elsewhere: its copy would not find them."""
    home = study.file.parent
    named = [text for entry in study.config.layers.values() for text in (*entry.path, entry.spec)]
    outside = sorted({text for text in (*named, study.config.parameters)
                      if text and not (home / fill_variables(text, os.environ, where="path"))
                      .resolve().is_relative_to(home)})
    if outside:
        raise StudyError(f"{study.file.name}: {', '.join(outside)}: lies outside the study's "
                         "folder: put it inside, then copy")


def _leave_behind(folder: str, names: list[str], *, home: Path) -> set[str]:
    hidden = {name for name in names if name.startswith(".") and name != ".gitignore"}
    return hidden | (_LEFT_BEHIND & set(names) if Path(folder) == home else set())


def _open_for_changes(file: Path) -> None:
    """Take out ``read_only``: a copy is there to be changed."""
    import tomlkit

    table = tomlkit.parse(file.read_text(encoding="utf-8"))
    if "read_only" in table:
        table.remove("read_only")
        file.write_text(tomlkit.dumps(table), encoding="utf-8")


@contextmanager
def _build_aside(folder: Path) -> Iterator[Path]:
    """Give a folder to work in, beside the target, and put it in place once all is there."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CallError(f"{folder} is there already and is no folder: choose another name")
    if folder.is_dir() and any(folder.iterdir()):
        raise CallError(f"{folder} is not empty: give a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".georisk-init-", dir=folder.parent))
    try:
        yield aside
        if folder.is_dir():
            folder.rmdir()
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
