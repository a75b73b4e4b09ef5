"""What a scenario changes, as ``[scenario.NAME]`` of ``study.toml`` says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

BASE = "base"
Unit = Literal["", "beds", "people/day"]
Amount = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Services = Annotated[tuple[str, ...], Field(min_length=1)]
Month = Annotated[int, Field(ge=1, le=12)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenedPoint(_Frozen):
    """A point that is not there yet; ``layer`` and ``name`` have defaults."""

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


class ScenarioConfig(_Frozen):
    """One ``[scenario.NAME]``."""

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
        return _flatten(given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _check(self) -> ScenarioConfig:
        opened = [point.place_id for point in self.open]
        twice = sorted({id_ for id_ in opened if opened.count(id_) > 1})
        touched = {*self.move, *self.capacity, *self.add_services}
        faults = [f"open: {id_} stands there twice: give each point an id of its own"
                  for id_ in twice]
        faults += [f"close: {id_} is changed as well: close it, or change it"
                   for id_ in sorted(touched & set(self.close))]
        faults += [f"open: {id_} is closed, moved or changed as well: write it into `open` as it "
                   "is to be" for id_ in sorted(set(opened) & {*touched, *self.close})]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Dotted names, whether TOML had them quoted or as tables within tables."""
    flat: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            # A truth value is no number; pydantic alone would take it for 1 or 0.
            flat[f"{prefix}{key}"] = str(value) if isinstance(value, bool) else value
    return flat
