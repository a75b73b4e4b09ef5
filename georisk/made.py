"""Something read or computed, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from layers.catalog import load_catalog
from layers.coerce import coerce_columns
from layers.crs import WGS84
from layers.disclosure import judge_inputs_level
from layers.layer import Layer, Provenance, RasterLayer, index_frame
from layers.spec import ColumnSpec, LayerSpec, find_highest_level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from georisk.step import Outcome, Step


FACTOR = "factor_"


@dataclass(frozen=True)
class Made:
    """Something read or computed: a value, what it rests on, and how long it took."""

    value: Any
    key: str
    provenance: Provenance
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


def derive_provenance(present: Mapping[str, Made], key: str) -> Provenance:
    """Provenance of a result: everything its inputs were, at their strictest."""
    values = [made.value for made in present.values()]
    levels = [judge_inputs_level(v for v in values if isinstance(v, (Layer, RasterLayer)))]
    levels = levels if any(isinstance(v, (Layer, RasterLayer)) for v in values) else []
    levels += [
        made.provenance.inputs_level
        for made in present.values()
        if not isinstance(made.value, (Layer, RasterLayer))
    ]
    return Provenance(
        sources=tuple(sorted(present)),
        sha256=key,
        synthetic=any(made.provenance.synthetic for made in present.values()),
        inputs_level=find_highest_level(levels),
    )


def wrap_outcome(step: Step, outcome: Outcome, provenance: Provenance) -> Any:  # noqa: ANN401 - as Study.value
    """Make a layer of what a step published; leave what other steps read as it is."""
    if not step.publishes:
        return outcome.value
    spec = load_catalog()[step.name]
    if spec.kind == "raster":
        values, transform = outcome.value
        return RasterLayer(spec, values, transform, provenance)
    return _finish_rows(outcome.value, spec, provenance)


def admit_factors(frame: pd.DataFrame, spec: LayerSpec) -> LayerSpec:
    """Describe the factors of conditions that a study's own layers add, as strictly as any."""
    own = [name for name in frame if name.startswith(FACTOR) and name not in spec.columns]
    if not own or not any(name.startswith(FACTOR) for name in spec.columns):
        return spec
    added = {name: ColumnSpec(dtype="number", level="restricted", required=False,
                              meaning=f"Times typical ground, from {name.removeprefix(FACTOR)}")
             for name in own}
    return spec.model_copy(update={"columns": {**spec.columns, **added}})


def _finish_rows(frame: pd.DataFrame, spec: LayerSpec, provenance: Provenance) -> Layer:
    frame = frame.assign(synthetic=provenance.synthetic)
    spec = admit_factors(frame, spec)
    typed, _ = coerce_columns(pd.DataFrame(frame.drop(columns="geometry", errors="ignore")), spec)
    if spec.geometry != "none":
        typed = gpd.GeoDataFrame(typed, geometry=frame["geometry"], crs=WGS84)
    typed.index.name = spec.id
    return Layer(spec, index_frame(typed, spec), provenance)
