"""Who walks: a profile with its pace, what it drinks and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from georisk.services import find_carried_l, find_group
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.parameters import Parameters


@dataclass(frozen=True)
class Traveller:
    """One profile, as the parameter file has it.

    Attributes
    ----------
    speed_factor : float
        Times Tobler's walking speed.
    water_factor : float
        Times the water that an adult man needs; of a family, per person.
    mass_kg : float
        Of the weakest who walks along.
    carried_l : float
        Water per person from a filled start, L: no more than a body carries.
    group : str
        Of ``admits``.
    """

    profile: str
    speed_factor: float
    water_factor: float
    mass_kg: float
    carried_l: float
    group: str


def read_traveller(
    parameters: Parameters, profile: str, *, carried_l: float | None = None
) -> Traveller:
    """Take a profile from the parameters.

    Parameters
    ----------
    carried_l : float, optional
        Another load, taken as it is, within the range of ``water.carried_l``.

    Raises
    ------
    CallError
        Naming the profiles that exist, or the loads that are tried.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> mother = read_traveller(Parameters.read(), "family")
    >>> mother.speed_factor, mother.water_factor, mother.mass_kg, mother.carried_l
    (0.65, 0.8, 20.0, 4.0)
    """
    group = find_group(profile)
    load = find_carried_l(parameters, profile) if carried_l is None else float(carried_l)
    low, high = parameters.entries["water.carried_l"].get("range", (0.0, float("inf")))
    if carried_l is not None and not low <= load <= high:
        raise CallError(f"water carried: {load:g} L is outside {low:g} to {high:g} L")
    own = {name: float(parameters.value(f"profile.{profile}.{name}"))
           for name in ("speed_factor", "water_factor", "mass_kg")}
    return Traveller(profile=profile, carried_l=load, group=group, **own)
