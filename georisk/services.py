"""The service table: what is looked for, and how far away it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from georisk.spelling import tell_names
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Collection

    from georisk.parameters import Parameters

WATER = "water"


GROUP_OF_PROFILE = {
    "adult_man": "men",
    "woman_alone": "women",
    "family": "families",
    "unaccompanied_child": "unaccompanied_children",
    "pregnant": "women",
    "injured": "men",
    "lgbtiq": "lgbtiq",
    "returnee": "men",
}


def find_group(profile: str) -> str:
    """Group of ``admits`` that a traveller of a profile belongs to.

    Raises
    ------
    CallError
        Naming the profiles that exist.

    Examples
    --------
    >>> find_group("woman_alone")
    'women'
    """
    if profile not in GROUP_OF_PROFILE:
        raise CallError(f"no profile named {profile[:60]!r}: "
                        f"{tell_names(profile, GROUP_OF_PROFILE)}")
    return GROUP_OF_PROFILE[profile]


def find_carried_l(parameters: Parameters, profile: str) -> float:
    """Water per person from a filled start, L: what is usual, or the most that the body carries.

    Of a family an adult carries, ``profile.family.carrier_kg``; else the one who walks.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> names = ("adult_man", "family", "unaccompanied_child")  # 20 kg x 0.10
    >>> [find_carried_l(Parameters.read(), name) for name in names]
    [4.0, 4.0, 2.0]
    """
    find_group(profile)
    own = f"profile.{profile}.carrier_kg"
    carrier_kg = parameters.value(own if own in parameters.entries
                                  else f"profile.{profile}.mass_kg")
    most = parameters.value("water.carried_share") * carrier_kg
    return float(min(parameters.value("water.carried_l"), most))


def tabulate_services(
    parameters: Parameters, names: Collection[str] | None = None, *, profile: str | None = None
) -> pd.DataFrame:
    """Thresholds of services.

    Water is measured by autonomy: the hours that one walks on what is carried, without heat.

    Parameters
    ----------
    parameters : Parameters
    names : collection of str, optional
        Only these; all by default.
    profile : str, optional
        For whom: some profiles need a service nearer, and need more or less water. Without one
        an adult man.

    Returns
    -------
    DataFrame
        Index ``service``, sorted; ``threshold_h`` (h), ``measure`` (``walk`` or ``mode``) and
        ``source``.

    Raises
    ------
    CallError
        Naming the services that exist.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> table = tabulate_services(Parameters.read(), ["water", "shelter"])
    >>> table["threshold_h"].round(2).to_dict()
    {'shelter': 8.0, 'water': 5.63}
    >>> table = tabulate_services(Parameters.read(), ["water", "shelter"], profile="family")
    >>> table["threshold_h"].round(2).to_dict()  # 4 / (0.71 x 0.8)
    {'shelter': 4.0, 'water': 7.04}
    """
    need = parameters.value("water.need_l_per_h")
    carried_l = parameters.value("water.carried_l")
    source = "autonomy: water.carried_l / water.need_l_per_h"
    if profile is not None:
        usual, carried_l = carried_l, find_carried_l(parameters, profile)
        need = need * parameters.value(f"profile.{profile}.water_factor")
        source = f"{source} / water_factor of the profile"
        if carried_l < usual:
            source = f"{source}; {carried_l:g} L is the most that its body carries"
    rows = {WATER: {"threshold_h": carried_l / need, "measure": "walk", "source": source}}
    for name, value in parameters.section("service").items():
        entry = parameters.entries[f"service.{name}"]
        own = parameters.entries.get(f"threshold.{name}.{profile}")
        rows[name] = {"threshold_h": float(own["value"] if own else value),
                      "measure": entry["measure"], "source": (own or entry)["source"]}
    table = pd.DataFrame.from_dict(rows, orient="index").sort_index()
    table.index.name = "service"
    unknown = sorted(set(names or ()) - set(table.index))
    if unknown:
        raise CallError(f"no service named {', '.join(unknown)}: "
                        f"{tell_names(unknown[0], table.index)}")
    return table if names is None else table.loc[sorted(set(names))]
