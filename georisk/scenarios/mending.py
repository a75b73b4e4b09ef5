"""A scenario of which some values cannot be read: what else is wrong with it."""

from __future__ import annotations

import copy
import tomllib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from georisk.config import find_study_file, validate_config
from georisk.parameters import Parameters
from georisk.scenario_config import ScenarioValues, find_clashes, flatten_names
from georisk.scenarios.faults import find_faults
from georisk.scenarios.world import survey_study
from georisk.study import Study
from layers.errors import GeoriskError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from georisk.scenarios.faults import Ground

_ROUNDS = 20
_UNREAD = "(unread)"
_SERVICES = ["water"]


def find_more_faults(path: Path, names: Sequence[str], *, today: dt.date) -> list[str]:
    """Faults that only the layers show, of scenarios that the study cannot be opened for.

    Values that cannot be read were told already; the rest is held against the layers.

    Parameters
    ----------
    path : Path
        Of the study.
    names : sequence of str
        Scenarios that were asked for.

    Returns
    -------
    list of str
        Empty where the study, besides its scenarios, cannot be opened either.
    """
    try:
        file = find_study_file(path)
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        scenarios = table.pop("scenario", {})
        config = validate_config(table, where=file.name)
        own = file.parent / config.parameters if config.parameters else None
        ground = survey_study(Study(file, config, Parameters.read(own), today))
    except (GeoriskError, OSError, ValueError):
        return []
    asked = [name for name in dict.fromkeys(names) if isinstance(scenarios.get(name), dict)]
    return [f"{file.name}: scenario.{name}: {fault}" for name in asked
            for fault in _find(scenarios[name], ground)]


def _find(given: dict[str, Any], ground: Ground) -> list[str]:
    choices, mended = mend_values(given, ground.area)
    faults = find_faults(choices, ground)
    if mended:  # else they were told with the values
        faults += find_clashes(choices)
    return [fault for fault in faults if _UNREAD not in fault]


def mend_values(
    given: dict[str, Any], area: tuple[float, float, float, float]
) -> tuple[ScenarioValues, bool]:
    """Put something that says nothing in the place of each value that cannot be read.

    Parameters
    ----------
    given : dict
        A ``[scenario.NAME]`` as TOML has it; stays as it is.
    area : tuple of float
        West, south, east, north in degrees.

    Returns
    -------
    ScenarioValues
    bool
        Whether anything was put in.

    Examples
    --------
    >>> given = {"month": 13, "close": ["gt-ex-1"], "move": {"gt-ex-2": [400, 0]}}
    >>> values, mended = mend_values(given, (-92.0, 14.0, -88.0, 18.0))
    >>> values.close, values.move, mended
    (('gt-ex-1',), {'gt-ex-2': (-90.0, 16.0)}, True)
    """
    table = copy.deepcopy(given)
    if isinstance(table.get("parameters"), dict):
        table["parameters"] = flatten_names(table["parameters"])
    west, south, east, north = area
    middle = ((west + east) / 2, (south + north) / 2)
    for tried in range(_ROUNDS):
        try:
            return ScenarioValues.model_validate(table), tried > 0
        except ValidationError as error:
            for fault in error.errors():
                _mend(table, fault["loc"], middle)
    return ScenarioValues(), True


def _mend(table: dict[str, Any], loc: tuple[int | str, ...], middle: tuple[float, float]) -> None:
    key, *inner = loc
    values: Any = table.get(str(key))
    neutral = {
        "close": _UNREAD, "close_legs": _UNREAD, "add_services": _SERVICES, "move": middle,
        "capacity": {"value": 0, "unit": "beds"},
    }
    holds = isinstance(values, (dict, list))
    if not inner or not holds:
        table.pop(str(key), None)
    elif key == "open":
        _mend_point(values, inner, middle)
    elif key == "close_legs" and len(inner) > 1 and _has_leg(values, inner):
        values[inner[0]].pop(inner[-1] if inner[-1] in values[inner[0]] else "months", None)
    elif key in neutral:
        values[inner[0]] = neutral[str(key)]
    elif isinstance(values, dict):
        values.pop(inner[0], None)


def _has_leg(values: Any, inner: list[int | str]) -> bool:  # noqa: ANN401 - as TOML has it
    element = values[inner[0]]
    return inner[1] != "leg" and isinstance(element, dict) and isinstance(element.get("leg"), str)


def _mend_point(
    points: Any, inner: list[int | str], middle: tuple[float, float]  # noqa: ANN401 - as above
) -> None:
    at, *names = inner
    neutral: dict[str, object] = {"place_id": f"unread-{at}", "lon": middle[0], "lat": middle[1],
                                  "services": _SERVICES}
    if not names or not isinstance(points[at], dict):
        points[at] = neutral
    elif names[0] in neutral:
        points[at][names[0]] = neutral[str(names[0])]
    else:
        points[at].pop(names[0], None)
