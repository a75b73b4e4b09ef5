"""What a scenario changes, as ``[scenario.NAME]`` of ``study.toml`` says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from georisk.spelling import tell_names

BASE = "base"
_KEY_AT = 3  # scenario, its name, the key
_EXAMPLE = ("EXAMPLE", "EJEMPLO", "EXEMPLE", "EGZANP")
Unit = Literal["", "beds", "people/day"]
Amount = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Services = Annotated[tuple[str, ...], Field(min_length=1)]
Month = Annotated[int, Field(ge=1, le=12)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenedPoint(_Frozen):
    """A point that is not there yet; ``layer`` and ``name`` have defaults.

    ``synthetic`` where even the plan is invented; so is one whose name or id begins with EXAMPLE.
    """

    place_id: str = Field(pattern=r"^[a-z0-9-]+$", max_length=80)
    lon: Longitude
    lat: Latitude
    services: Services
    layer: str = ""
    name: str = Field(default="", max_length=120)
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    capacity: Amount | None = None
    capacity_unit: Unit = ""
    admits: tuple[str, ...] = ()
    opens: str = ""
    months: str = ""
    synthetic: bool = False

    @property
    def is_invented(self) -> bool:
        """Whether whatever rests on it is illustrative.

        Examples
        --------
        >>> point = {"lon": 0, "lat": 0, "services": ["water"]}
        >>> OpenedPoint(place_id="example-1", **point).is_invented
        True
        >>> OpenedPoint(place_id="mx-new-1", **point).is_invented
        False
        """
        names = (self.place_id, self.name)
        return self.synthetic or any(name.strip().upper().startswith(_EXAMPLE) for name in names)


class Room(_Frozen):
    """How many a place can serve: a number, or one with its unit."""

    value: Amount
    unit: Unit = ""

    @model_validator(mode="before")
    @classmethod
    def _take_number(cls, given: object) -> object:
        is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
        return {"value": given} if is_number else given


class ClosedLeg(_Frozen):
    """A leg that nobody passes: always, or in some months."""

    leg: str
    months: tuple[Month, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _take_name(cls, given: object) -> object:
        return {"leg": given} if isinstance(given, str) else given

    def holds_in(self, month: int | None) -> bool:
        """Whether it is closed in a month; of the whole year only what is always closed."""
        return not self.months or month in self.months


class ScenarioValues(_Frozen):
    """The values of one ``[scenario.NAME]``, each by itself."""

    close: tuple[str, ...] = ()
    open: tuple[OpenedPoint, ...] = ()
    move: dict[str, tuple[Longitude, Latitude]] = Field(default_factory=dict)
    capacity: dict[str, Room] = Field(default_factory=dict)
    add_services: dict[str, Services] = Field(default_factory=dict)
    close_legs: tuple[ClosedLeg, ...] = ()
    parameters: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(
        default_factory=dict)
    as_of: dt.date | None = None
    profile: str | None = None
    month: Month | None = None

    @field_validator("parameters", mode="before")
    @classmethod
    def _flatten(cls, given: object) -> object:
        return flatten_names(given) if isinstance(given, Mapping) else given


class ScenarioConfig(ScenarioValues):
    """One ``[scenario.NAME]``."""

    @model_validator(mode="after")
    def _check(self) -> ScenarioConfig:
        faults = find_clashes(self)
        if faults:
            raise ValueError("; ".join(faults))
        return self


def find_clashes(values: ScenarioValues) -> list[str]:
    """Ids to which a scenario does two things that cannot both be.

    Examples
    --------
    >>> find_clashes(ScenarioValues(close=["a"], capacity={"a": 40}))
    ['close: a is changed as well: close it, or change it']
    """
    opened = [point.place_id for point in values.open]
    twice = sorted({id_ for id_ in opened if opened.count(id_) > 1})
    touched = {*values.move, *values.capacity, *values.add_services}
    faults = [f"open: {id_} stands there twice: give each point an id of its own"
              for id_ in twice]
    faults += [f"close: {id_} is changed as well: close it, or change it"
               for id_ in sorted(touched & set(values.close))]
    faults += [f"open: {id_} is closed, moved or changed as well: write it into `open` as it "
               "is to be" for id_ in sorted(set(opened) & {*touched, *values.close})]
    return faults


def tell_value(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    """What is wrong with a value of a scenario; an unknown key, with the nearest that there is.

    Examples
    --------
    >>> tell_value(("scenario", "rains", "capacity", "gt-ex-1", "units"), "extra_forbidden", "")
    'no such key: did you mean unit? there are value, unit'
    """
    if kind != "extra_forbidden" or loc[:1] != ("scenario",):
        return message
    inner: dict[object, type[_Frozen]] = {"open": OpenedPoint, "capacity": Room,
                                          "close_legs": ClosedLeg}
    model = inner.get(loc[2], ScenarioConfig) if len(loc) > _KEY_AT else ScenarioConfig
    return f"no such key: {tell_names(str(loc[-1]), model.model_fields)}"


def flatten_names(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Dotted names, whether TOML had them quoted or as tables within tables."""
    flat: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= flatten_names(value, f"{prefix}{key}.")
        else:
            # A truth value is no number; pydantic alone would take it for 1 or 0.
            flat[f"{prefix}{key}"] = str(value) if isinstance(value, bool) else value
    return flat
