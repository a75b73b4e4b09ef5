"""Facts that a brief tells of a site: gaps, people, evidence, needs, cost, alternatives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GapHours:
    """Hours on foot through a gap, for one profile in one month.

    Attributes
    ----------
    profile : str
    month : int or None
        None: cool ground all year, as annual coverage has it.
    before_h, after_h : float
        Through the whole gap as it is, and through the longest part of it that the site leaves.
    """

    profile: str
    month: int | None
    before_h: float
    after_h: float


@dataclass(frozen=True)
class GapChange:
    """What one site does to one gap, were it built alone.

    Attributes
    ----------
    service, direction : str
        Forward and backward are along the corridor.
    from_place, to_place : str
        As in the layer ``gaps``; empty where no name is known.
    length_km, left_km : float
        Of the gap now, and of the longest part that stays.
    hours : tuple of GapHours
        The study's own profile and month first. Infinite where nobody can walk.
    closed : bool
        Whether nothing of it stays.
    """

    corridor: str
    service: str
    direction: str
    from_place: str
    to_place: str
    length_km: float
    left_km: float
    hours: tuple[GapHours, ...]
    closed: bool


@dataclass(frozen=True)
class Reached:
    """Length that a site newly brings within reach of one service, in one direction."""

    service: str
    direction: str
    length_km: float


@dataclass(frozen=True)
class People:
    """Who would be served, where anybody counted.

    Attributes
    ----------
    per_day : float
        Most people a day on any one stretch that the site newly reaches, both directions: not
        a sum over stretches, which the same people pass one after another.
    person_km_per_day : float
    counted_km : float
        Of the km newly reached, directions added; only there people are known.
    """

    per_day: float
    person_km_per_day: float
    counted_km: float


@dataclass(frozen=True)
class SiteEvidence:
    """What is known of danger on the km that a site newly reaches.

    Attributes
    ----------
    risk_class : str
        The worst class there, by the layer ``segments``; empty where none has one.
    intensity, low, high : float or None
        Incidents per 100 km and year with its interval, means over the km with sufficient
        evidence; None where there is none.
    observed_km, modelled_km, insufficient_km : float
        By grade of evidence. Insufficient km weigh as the median of their corridor.
    """

    risk_class: str
    intensity: float | None
    low: float | None
    high: float | None
    observed_km: float
    modelled_km: float
    insufficient_km: float


@dataclass(frozen=True)
class SiteNeeds:
    """What the people who come would need, by Sphere: a benchmark for a stopping place.

    Attributes
    ----------
    water_l_per_day, water_survival_l_per_day : float
    consultations_per_day : float
    staff : int
        Health staff for the consultations, and those that a point needs at any rate.
    wording : str
        To be printed beside the numbers.
    """

    water_l_per_day: float
    water_survival_l_per_day: float
    consultations_per_day: float
    staff: int
    wording: str


@dataclass(frozen=True)
class Alternative:
    """Another candidate in the place of a site, the others held.

    Attributes
    ----------
    lost : float
        In the unit of the objective; 0 is as good.
    lost_share : float
        Of what the whole choice is worth (or costs).
    """

    candidate_id: str
    place: str
    country: str
    kind: str
    lost: float
    lost_share: float
