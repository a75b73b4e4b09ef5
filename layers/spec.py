"""What a layer is: its columns, units, meanings, and who may see what of it."""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from layers.errors import SpecError

Level = Literal["public", "partner", "restricted", "sealed"]
Audience = Literal["public", "partner", "restricted"]
Dtype = Literal[
    "string", "text", "integer", "number", "boolean", "date", "datetime", "month", "list",
]
LEVELS: tuple[Level, ...] = ("public", "partner", "restricted", "sealed")
AUDIENCES: tuple[Audience, ...] = ("public", "partner", "restricted")
ID_PATTERN = r"^[a-z0-9-]+$"


def find_highest_level(levels: list[Level]) -> Level:
    """Return the strictest of some levels; of none, ``restricted``: nobody vouched.

    Examples
    --------
    >>> find_highest_level(["public", "sealed", "partner"])
    'sealed'
    >>> find_highest_level([])
    'restricted'
    """
    return max(levels, key=LEVELS.index) if levels else "restricted"


def may_see(audience: Audience, level: Level) -> bool:
    """Tell whether an audience may see what carries a level.

    Examples
    --------
    >>> may_see("public", "partner"), may_see("restricted", "partner")
    (False, True)
    """
    return LEVELS.index(level) <= LEVELS.index(audience)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnSpec(_Frozen):
    """One column: what it holds, in which unit, and for whom.

    A column without a level is restricted; free text (``dtype = "text"``) and personal
    columns are sealed, whatever else is said. A ``date`` is a day, a ``datetime`` a moment, kept
    in UTC. ``digits`` is how many significant digits of a number are shown.
    """

    dtype: Dtype
    meaning: str
    unit: str = ""
    range: tuple[float, float] | None = None
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    nullable: bool = True
    required: bool = True
    personal: bool = False
    hxl: str = ""
    digits: int = Field(default=6, ge=1, le=17)
    level: Level | None = None

    @property
    def effective_level(self) -> Level:
        """The level in force: a missing one is restricted, free text is sealed."""
        if self.dtype == "text" or self.personal:
            return "sealed"
        return self.level or "restricted"

    @property
    def hidden_value(self) -> bool:
        """Whether a faulty value of this column must not be repeated anywhere."""
        return self.dtype == "text" or self.personal


class ViewSpec(_Frozen):
    """How a layer above an audience's level may be shown to it: by a named generaliser.

    ``source`` names another layer of the same columns to take the rows from: one computed only
    from what the audience may know. ``keep`` names the layer's own columns that the generaliser
    leaves; None keeps all that the audience may see. ``columns`` are those that it adds.
    """

    generaliser: str
    source: str = ""
    keep: tuple[str, ...] | None = None
    geometry: Literal["none", "Point", "LineString", "Polygon", "Geometry"] = "none"
    columns: dict[str, ColumnSpec] = Field(default_factory=dict)


class LayerSpec(_Frozen):
    """Description of a layer, read from one TOML file.

    Attributes
    ----------
    kind : {"vector", "table", "raster"}
        Vector layers have geometry in EPSG:4326.
    coordinates : {"rounded", "exact"}
        Rounded to 7 decimals of a degree, about 1 cm, or as they stand in the file.
    level, geometry_level : Level or None
        Who may see the layer and its geometry; None is restricted.
    released_by : str
        For results below the level of their inputs: the disclosure function that makes them
        so (`layers.disclosure.RELEASES`). Without it a result keeps its inputs' highest level.
    row_rule : str
        Name of a rule that hides rows (`layers.disclosure.ROW_RULES`).
    views : dict
        For an audience below the level: how to generalise.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    kind: Literal["vector", "table", "raster"]
    role: Literal["route", "place", "facility", "incident", "hazard", "context", "table", "result"]
    title: dict[str, str]
    meaning: str
    geometry: Literal["none", "Point", "LineString", "Polygon", "Geometry"] = "none"
    coordinates: Literal["rounded", "exact"] = "rounded"
    id: str = ""
    level: Level | None = None
    geometry_level: Level | None = None
    released_by: str = ""
    row_rule: str = ""
    views: dict[Audience, ViewSpec] = Field(default_factory=dict)
    like: str = ""
    unit: str = ""
    bands: int = 1
    range: tuple[float, float] | None = None
    columns: dict[str, ColumnSpec] = Field(default_factory=dict)
    style: dict[str, str | float] = Field(default_factory=dict)
    source: str = ""

    @property
    def effective_level(self) -> Level:
        """Level of the layer as declared; none stated is restricted."""
        return self.level or "restricted"

    @property
    def effective_geometry_level(self) -> Level:
        """Level of the geometry as declared; none stated is restricted."""
        return self.geometry_level or "restricted"

    @cached_property
    def hidden_columns(self) -> frozenset[str]:
        """Columns whose values are never repeated in a message, a log or a quarantine."""
        return frozenset(name for name, column in self.columns.items() if column.hidden_value)


def parse_spec(text: str, *, where: str, base: dict[str, Any] | None = None) -> LayerSpec:
    """Read a layer description.

    Parameters
    ----------
    text : str
        TOML.
    where : str
        Name to use in messages.
    base : dict, optional
        The description that ``like`` names; its columns come first, ours replace them.

    Raises
    ------
    SpecError
        Listing every fault of the description.

    Examples
    --------
    >>> spec = parse_spec('''
    ... name = "wells"
    ... kind = "vector"
    ... role = "place"
    ... title = {en = "Wells"}
    ... meaning = "Where water was found"
    ... geometry = "Point"
    ... id = "well_id"
    ... [columns.remark]
    ... dtype = "text"
    ... meaning = "Anything"
    ... level = "public"
    ... ''', where="wells.toml")
    >>> spec.effective_level, spec.columns["remark"].effective_level
    ('restricted', 'sealed')
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{where}: not valid TOML: {error}") from error
    if base:
        own_columns = table.get("columns", {})
        table = {**base, **table, "columns": {**base.get("columns", {}), **own_columns}}
    try:
        spec = LayerSpec.model_validate(table)
    except ValidationError as error:
        faults = [
            f"{where}: {'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise SpecError("\n".join(faults)) from error
    _check_consistency(spec, where)
    return spec


def tighten_spec(base: LayerSpec, own: LayerSpec) -> LayerSpec:
    """A study's own description of a built-in layer: it may add and tighten, never open.

    Levels are the stricter of both; role, rules of rows, views and releases stay built-in; no
    built-in column goes missing.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> open_wide = find_spec("incidents").model_copy(update={"level": "public"})
    >>> tighten_spec(find_spec("incidents"), open_wide).level
    'sealed'
    """
    columns = dict(base.columns)
    for name, column in own.columns.items():
        level = column.effective_level
        if name in base.columns:
            level = find_highest_level([level, base.columns[name].effective_level])
        columns[name] = column.model_copy(update={"level": level})
    return own.model_copy(update={
        "name": base.name, "kind": base.kind, "role": base.role, "id": base.id,
        "geometry": base.geometry, "row_rule": base.row_rule, "views": base.views,
        "released_by": base.released_by, "columns": columns,
        "level": find_highest_level([base.effective_level, own.effective_level]),
        "geometry_level": find_highest_level(
            [base.effective_geometry_level, own.effective_geometry_level]),
    })


def refuse_openings(spec: LayerSpec, where: str) -> LayerSpec:
    """Refuse what only a built-in description may say; raises SpecError with every fault."""
    faults = []
    if spec.views:
        faults.append("views: only built-in layers have them")
    if spec.released_by:
        faults.append("released_by: only results that georisk computes are released")
    if spec.role == "result":
        faults.append("role: a layer that is read is not a result")
    if faults:
        raise SpecError("\n".join(f"{where}: {fault}" for fault in faults))
    return spec


def _check_consistency(spec: LayerSpec, where: str) -> None:
    faults = []
    if spec.kind != "raster" and not spec.id:
        faults.append("id: name the column that identifies a row")
    if spec.kind == "vector" and spec.geometry == "none":
        faults.append("geometry: a vector layer needs one (Point, LineString, Polygon)")
    if spec.kind != "vector" and spec.geometry != "none":
        faults.append(f"geometry: a {spec.kind} layer has none")
    if spec.id and spec.id in spec.columns:
        faults.append(f"columns.{spec.id}: the id is not declared again as a column")
    if faults:
        raise SpecError("\n".join(f"{where}: {fault}" for fault in faults))


def read_spec(path: Path) -> LayerSpec:
    """Read a layer description from a file, following ``like`` beside it or in the package."""
    text = _read_text(path)
    base = None
    try:
        like = tomllib.loads(text).get("like", "")
    except tomllib.TOMLDecodeError:
        like = ""
    if like:
        base = tomllib.loads(_read_text(_find_base(path, like)))
    return parse_spec(text, where=path.name, base=base)


def _find_base(path: Path, like: str) -> Path:
    own = path.parent / "base" / f"{like}.toml"
    return own if own.exists() else Path(__file__).parent / "specs" / "base" / f"{like}.toml"


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"{path.name}: cannot be read as UTF-8 text: {error}") from error
