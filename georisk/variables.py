"""Variables of the environment in the paths of a study: where one machine keeps its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ASKED = re.compile(r"\$\{([^}]*)\}?")
_SPELT = re.compile(r"(GEORISK_[A-Z0-9_]+)(?::-(.*))?", re.DOTALL)


def fill_variables(text: str, values: Mapping[str, str], *, where: str) -> str:
    """Put variables into a path: ``${GEORISK_NAME}``, or ``${GEORISK_NAME:-path}``.

    The second form has a path for when the variable is not set, or is empty. A variable that
    begins the path and is relative counts from the folder one works in, as a shell means it; what
    the study file itself says counts from its own folder.

    Parameters
    ----------
    values : mapping
        The environment. Only names that begin with ``GEORISK_`` are ever looked up.
    where : str
        For the message.

    Raises
    ------
    StudyError
        If a variable without another path is not set, or is no name that may stand here.

    Examples
    --------
    >>> fill_variables("${GEORISK_DATA:-../data}/a.gpkg", {}, where="study.toml")
    '../data/a.gpkg'
    >>> fill_variables("${GEORISK_DATA:-../data}/a.gpkg", {"GEORISK_DATA": "/srv"}, where="")
    '/srv/a.gpkg'
    """
    def fill(asked: re.Match[str]) -> str:
        spelt = _SPELT.fullmatch(asked[1]) if asked[0].endswith("}") else None
        if spelt is None:
            raise StudyError(f"{where}: {asked[0]}: write ${{GEORISK_NAME}} or "
                             "${GEORISK_NAME:-path}")
        name, other = spelt.groups()
        value = values.get(name, "")
        if value:
            return value if asked.start() else str(Path(value).absolute())
        if other is None:
            raise StudyError(f"{where}: the variable {name} is not set: set it to the path meant, "
                             f"or write ${{{name}:-path}}")
        return str(other)

    return _ASKED.sub(fill, text)


def list_files(
    texts: Iterable[str], home: Path, values: Mapping[str, str], *, where: str
) -> tuple[Path, ...]:
    """List the files that paths of a study mean, ``*`` for any part of a name.

    Parameters
    ----------
    home : Path
        Folder of the study: what is not absolute counts from there.
    values, where
        As `fill_variables`.

    Examples
    --------
    >>> list_files(["layers/a.csv"], Path("study"), {}, where="study.toml")[0].as_posix()
    'study/layers/a.csv'
    """
    filled = [fill_variables(text, values, where=where) for text in texts]
    return tuple(path for text in filled for path in _find_files(text, home))


def _find_files(text: str, home: Path) -> list[Path]:
    if "*" not in text:
        return [home / text]
    anchor = Path(text).anchor
    return sorted((Path(anchor) if anchor else home).glob(text.removeprefix(anchor)))
