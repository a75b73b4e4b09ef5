"""What a number of people needs for some days, by the Sphere minimum standards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.parameters import Parameters

WORDING = "written for settlements: a benchmark for a stopping place"


@dataclass(frozen=True)
class Sphere:
    """Minimums per person, from the parameter file (``sphere.*``).

    Attributes
    ----------
    water_l, water_first_l, water_survival_l : float
        Litres a person and day: the minimum, the first stage, drinking and food alone.
    people_per_tap, people_per_handpump, people_per_toilet : float
    shelter_m2 : float
        Covered living space a person.
    inpatient_beds_per_10000 : float
    consultations_per_year : float
        New consultations a person and year.
    """

    water_l: float = 15.0
    water_first_l: float = 7.5
    water_survival_l: float = 3.0
    people_per_tap: float = 250.0
    people_per_handpump: float = 500.0
    people_per_toilet: float = 20.0
    shelter_m2: float = 3.5
    inpatient_beds_per_10000: float = 18.0
    consultations_per_year: float = 4.0


@dataclass(frozen=True)
class Needs:
    """What is needed: amounts for all days, installations for any one day.

    Attributes
    ----------
    person_nights, water_l, water_first_l, water_survival_l, consultations : float
        Over all days.
    taps, handpumps, toilets, inpatient_beds : int
        Whole, rounded up; taps or hand pumps, not both.
    shelter_m2 : float
    """

    people: float
    days: float
    person_nights: float
    water_l: float
    water_first_l: float
    water_survival_l: float
    consultations: float
    taps: int
    handpumps: int
    toilets: int
    shelter_m2: float
    inpatient_beds: int


def read_sphere(parameters: Parameters) -> Sphere:
    """Minimums in force.

    Examples
    --------
    >>> from georisk.parameters import Parameters
    >>> read_sphere(Parameters.read()) == Sphere()
    True
    """
    return Sphere(**parameters.section("sphere"))


def estimate_needs(people: float, days: float, sphere: Sphere | None = None) -> Needs:
    """Estimate what people who stop at a place need.

    A benchmark: Sphere's values are written for settlements, not for people on the move.

    Raises
    ------
    CallError
        If people or days are negative or not a number.

    References
    ----------
    Sphere Association 2018, The Sphere Handbook.

    Examples
    --------
    >>> needs = estimate_needs(4000, 3)
    >>> needs.water_l, needs.taps, needs.toilets, needs.shelter_m2, needs.inpatient_beds
    (180000.0, 16, 200, 14000.0, 8)
    """
    for name, value in (("people", people), ("days", days)):
        if not (math.isfinite(value) and value >= 0):
            raise CallError(f"{name} = {value}: give a number, 0 or more")
    rule = sphere or Sphere()
    nights = people * days
    return Needs(
        people=float(people), days=float(days), person_nights=float(nights),
        water_l=nights * rule.water_l, water_first_l=nights * rule.water_first_l,
        water_survival_l=nights * rule.water_survival_l,
        consultations=nights * rule.consultations_per_year / 365.25,
        taps=_round_up(people / rule.people_per_tap),
        handpumps=_round_up(people / rule.people_per_handpump),
        toilets=_round_up(people / rule.people_per_toilet),
        shelter_m2=people * rule.shelter_m2,
        inpatient_beds=_round_up(people * rule.inpatient_beds_per_10000 / 10_000),
    )


def _round_up(amount: float) -> int:
    # What is whole but for the last bits of a division is not rounded up.
    return math.ceil(round(amount, 9))
