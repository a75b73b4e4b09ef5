"""What a study file may say of siting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Objective = Literal[
    "coverage", "length", "hours", "farthest", "gap", "equity", "fair", "autonomy", "needed",
    "capacity",
]
Option = Literal["build", "upgrade", "mobile"]


class SitingConfig(BaseModel):
    """What a run proposes: services, what for, how many points, and what is ruled out.

    For whom and in which month: ``profile`` and ``month``, or those of ``[reference]``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    services: tuple[str, ...] = ("water",)
    objective: Objective = "coverage"
    k: int = Field(default=3, ge=1, le=1000)
    budget: float | None = Field(default=None, gt=0)
    method: Literal["auto", "exact", "greedy"] = "auto"
    options: tuple[Option, ...] = Field(default=("build", "upgrade"), min_length=1)
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    security_override: tuple[str, ...] = ()
    min_spacing_km: float | None = Field(default=None, ge=0, le=50)
    min_apart_km: float | None = Field(default=None, ge=0, le=200)
    max_gap_h: float = Field(default=8.0, gt=0, le=500)
    equity: Literal["country", "corridor", "profile"] = "country"
    profile: str | None = None
    month: int | None = Field(default=None, ge=1, le=12)
    profiles: tuple[str, ...] = Field(default=("adult_man", "family", "injured"), min_length=1)
    years: tuple[Annotated[float, Field(ge=0)], ...] = ()
