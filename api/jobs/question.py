"""What may be asked of siting over HTTP, and how it is put to the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.errors import UnprocessableError
from georisk.places import list_services
from georisk.services import GROUP_OF_PROFILE

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECONDS = 900
_Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,80}$")]
_Name = Annotated[str, Field(pattern=r"^[a-z_]{0,40}$")]
_Objective = Literal["coverage", "length", "hours", "farthest", "gap", "equity", "fair", "autonomy",
                     "needed", "capacity"]


class SitingQuestion(BaseModel):
    """A question as `georisk site` takes it, and how long it may take.

    Examples
    --------
    >>> list(SitingQuestion(services=["water"], k=3).list_options())[:4]
    ['--service', 'water', '--objective', 'coverage']
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    services: list[_Name] = Field(min_length=1, max_length=20)
    k: int | None = Field(default=None, ge=1, le=500)
    budget_usd: float | None = Field(default=None, gt=0, le=1e12)
    objective: _Objective = "coverage"
    method: Literal["auto", "exact", "greedy"] = "auto"
    profile: _Name = ""
    month: int | None = Field(default=None, ge=1, le=12)
    require: list[_Id] = Field(default_factory=list, max_length=100)
    forbid: list[_Id] = Field(default_factory=list, max_length=1000)
    limit_s: int = Field(default=120, ge=1, le=MOST_SECONDS)

    def list_options(self) -> Iterator[str]:
        """Options of the command, each in words of a closed form: none is free text."""
        yield from ("--service", ",".join(self.services))
        yield from ("--objective", self.objective, "--method", self.method)
        for option, value in (
            ("-k", self.k), ("--budget", self.budget_usd), ("--profile", self.profile),
            ("--month", self.month), ("--require", ",".join(self.require)),
            ("--forbid", ",".join(self.forbid)),
        ):
            if value not in {None, ""}:
                yield from (option, str(value))


def read_question(body: bytes) -> SitingQuestion:
    """Read a question.

    Raises
    ------
    UnprocessableError
        Naming every member that is wrong, never repeating it.
    """
    try:
        question = SitingQuestion.model_validate_json(body)
    except ValidationError as error:
        faults = {".".join(map(str, fault["loc"]))[:60] or "body": fault["msg"]
                  for fault in error.errors(include_input=False, include_url=False)}
        told = "; ".join(f"{name}: {why}" for name, why in sorted(faults.items())[:20])
        raise UnprocessableError(f"{told}.") from error
    for name, words, known in (
        ("services", question.services, list_services()),
        ("profile", [question.profile] if question.profile else [], tuple(GROUP_OF_PROFILE)),
    ):
        if not set(words) <= set(known):
            raise UnprocessableError(f"{name}: there are {', '.join(known)}.")
    return question


def describe_question() -> dict[str, Any]:
    """Schema of a question (JSON Schema)."""
    return SitingQuestion.model_json_schema()
