"""The study file: scientific choices only."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path  # noqa: TC003 - as above
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from georisk.scenario_config import BASE, ScenarioConfig, tell_value
from georisk.siting.choices import SitingConfig
from layers.errors import StudyError

Names = dict[Literal["es", "en", "fr", "ht"], str]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LayerConfig(_Frozen):
    """Where a layer's data lie: one file or several, and how to read them.

    A path may hold ``${GEORISK_NAME:-path}``: see `georisk.variables`. ``columns`` says under
    which name the file has a column of the layer, ``sheet`` where.
    """

    path: tuple[str, ...]
    spec: str = ""
    adapter: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    sheet: str = ""
    role: Literal["", "route", "place", "facility", "incident", "hazard", "context", "table"] = ""

    @field_validator("path", mode="before")
    @classmethod
    def _listify(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class CorridorConfig(_Frozen):
    """A whole way: its legs in order, ``-`` for reversed, and its names."""

    legs: tuple[str, ...] = Field(min_length=1)
    name: Names
    name_review: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[tuple[str, int], ...]:
        """Legs with +1 as drawn, -1 reversed."""
        return tuple((leg.removeprefix("-"), -1 if leg.startswith("-") else 1) for leg in self.legs)


class SheetConfig(CorridorConfig):
    """A printed sheet: the legs it shows."""


class ReferenceConfig(_Frozen):
    """For whom coverage is computed by default."""

    profile: str = "adult_man"
    month: int | None = Field(default=None, ge=1, le=12)
    start_hour: float = Field(default=6.0, ge=0, lt=24)
    closed: tuple[str, ...] = ()


class RiskConfig(_Frozen):
    """How intensity is fitted: how kernels run on routes, and whether trees help the surface."""

    kernel: Literal["plane", "network"] = "plane"
    surface: Literal["ensemble", "explained"] = "ensemble"


class NetworkConfig(_Frozen):
    """What people move on: route legs, ways of OpenStreetMap, and the ground off both.

    ``auto`` takes ways, and a surface, where the study has the layers for them.
    """

    source: Literal["auto", "routes", "ways", "both"] = "auto"
    access: Literal["auto", "surface", "line"] = "auto"


class StudyConfig(_Frozen):
    """All of ``study.toml``."""

    name: str
    read_only: bool = False
    as_of: dt.date | None = None
    observed_from: dt.date | None = None
    area: tuple[float, float, float, float]
    crs_metric: str
    segment_km: float = Field(default=1.0, ge=0.1, le=100)
    headline_direction: Literal["forward", "backward"] = "forward"
    services: tuple[str, ...] = ()
    layers: dict[str, LayerConfig]
    corridors: dict[str, CorridorConfig] = Field(default_factory=dict)
    sheets: dict[str, SheetConfig] = Field(default_factory=dict)
    reference: ReferenceConfig = ReferenceConfig()
    siting: SitingConfig = SitingConfig()
    risk: RiskConfig = RiskConfig()
    network: NetworkConfig = NetworkConfig()
    scenario: dict[str, ScenarioConfig] = Field(default_factory=dict)
    parameters: str = ""

    @model_validator(mode="after")
    def _check(self) -> StudyConfig:
        west, south, east, north = self.area
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - the globe
            raise ValueError("area: give west, south, east, north in degrees, west < east")
        if not self.layers:
            raise ValueError("layers: a study needs at least one")
        if (self.corridors or self.sheets) and "routes" not in self.layers:
            raise ValueError("layers: corridors and sheets are made of legs: give [layers.routes]")
        bad = [name for name in (*self.corridors, *self.sheets, *self.scenario)
               if not _is_id(name)]
        if BASE in self.scenario:
            raise ValueError(f"scenario.{BASE}: that is the study as it is; choose another name")
        if bad:
            raise ValueError(f"ids may have only a-z, 0-9 and -: {', '.join(bad)}")
        return self


def _is_id(name: str) -> bool:
    return re.fullmatch(r"[a-z0-9-]+", name) is not None


def find_study_file(path: Path) -> Path:
    """Return ``study.toml`` for a file or its folder.

    Raises
    ------
    StudyError
        If there is none.
    """
    file = path / "study.toml" if path.is_dir() else path
    if not file.is_file():
        raise StudyError(f"no study at {path}: give a study.toml or its folder (-s)")
    return file


def read_config(path: Path) -> StudyConfig:
    """Read and check ``study.toml``.

    Raises
    ------
    StudyError
        Listing every fault.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StudyError(f"{path.name}: cannot be read: {error}") from error
    return validate_config(table, where=path.name)


def validate_config(table: dict[str, Any], *, where: str) -> StudyConfig:
    """Check the choices of a study; raises StudyError with every fault."""
    try:
        return StudyConfig.model_validate(table)
    except ValidationError as error:
        faults = [
            f"{where}: {'.'.join(str(p) for p in fault['loc']) or 'study'}: "
            f"{tell_value(fault['loc'], fault['type'], fault['msg'])}"
            for fault in error.errors()
        ]
        raise StudyError("\n".join(faults)) from error
