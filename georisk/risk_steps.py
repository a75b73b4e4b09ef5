"""Steps from legs and incidents to what a fit needs, and the public cells."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from georisk.cells import CellRules, classify_cells, cover_land
from georisk.corridors import find_countries, name_near_places, split_legs
from georisk.incidents import Points, place_incidents, select_incidents
from georisk.risk import EvidenceRules
from georisk.step import Inputs, Outcome, Settings, Step
from georisk.surface import find_land
from layers.catalog import find_spec
from layers.layer import empty_column

_LEFT_OUT = {
    "after_as_of": "dated after as_of",
    "before_window": "before the observation window",
    "no_position": "without position",
    "imprecise": "too vague to place",
    "outside_area": "outside the area",
}


@dataclass(frozen=True, eq=False)
class Events:
    """Incidents that count, placed and weighed by their age."""

    frame: gpd.GeoDataFrame
    points: Points
    half_life_years: float


def _split(inputs: Inputs, settings: Settings) -> Outcome:
    lines = split_legs(inputs["routes"].frame, segment_km=settings.config.segment_km)
    places, boundaries = inputs["places"], inputs["boundaries"]
    smallest = int(settings.value("names.min_population"))
    lines["near_place"] = name_near_places(
        lines, places.frame if places else None, min_population=smallest
    )
    lines["country"] = find_countries(lines, boundaries.frame if boundaries else None)
    missing = [n for n, layer in (("places", places), ("boundaries", boundaries)) if layer is None]
    warnings = tuple(f"{n}: no such layer; names taken from it are empty" for n in missing)
    return Outcome(lines, warnings)


def _weigh_incidents(inputs: Inputs, settings: Settings) -> Outcome:
    layer = inputs["incidents"]
    frame = layer.frame if layer else _empty_incidents()
    config = settings.config
    kept, counts = select_incidents(
        frame, as_of=settings.as_of, area=config.area,
        max_precision_km=settings.value("intensity.max_precision_km"),
        observed_from=config.observed_from,
        default_precision_km=settings.value("intensity.default_precision_km"),
    )
    # Where there are few, older ones must count for longer.
    few = "_small" if len(kept) < settings.value("intensity.min_events") else ""
    half_life_years = settings.value(f"intensity.half_life{few}_years")
    points = place_incidents(kept, as_of=settings.as_of, half_life_years=half_life_years,
                             crs_metric=config.crs_metric)
    warnings = [f"incidents: {counts[key]} {text} do not enter the intensity"
                for key, text in _LEFT_OUT.items() if counts[key]]
    if layer is None:
        warnings.append("incidents: no such layer; evidence is insufficient everywhere")
    if counts["assumed_precision"]:
        warnings.append(f"incidents: {counts['assumed_precision']} of unstated precision are "
                        "taken as vague")
    return Outcome(Events(kept, points, half_life_years), tuple(warnings))


def _empty_incidents() -> gpd.GeoDataFrame:
    spec = find_spec("incidents")
    columns = {name: empty_column(column, 0) for name, column in spec.columns.items()}
    index = pd.Index([], name=spec.id, dtype="str")
    return gpd.GeoDataFrame(columns, index=index, geometry=gpd.GeoSeries([], crs="EPSG:4326"))


def _classify_cells(inputs: Inputs, settings: Settings) -> Outcome:
    events = inputs["events"]
    rules = CellRules(
        min_incidents=int(settings.value("cells.min_incidents")),
        min_sources=int(settings.value("cells.min_sources")),
        min_places=int(settings.value("cells.min_spots")),
        delay_days=int(settings.value("cells.delay_days")),
        half_life_years=events.half_life_years,
        observed_from=settings.config.observed_from,
        default_precision_km=settings.value("intensity.default_precision_km"),
    )
    area = settings.config.area
    cells = cover_land(find_land(inputs["boundaries"], area), area=area)
    frame = classify_cells(events.frame, cells=cells, as_of=settings.as_of, today=settings.as_of,
                           rules=rules, evidence=EvidenceRules())
    return Outcome(frame)


RISK_STEPS: tuple[Step, ...] = (
    Step("lines", ("routes", "places", "boundaries"), _split, publishes=False,
         rests_on=("routes",)),
    Step("events", ("incidents",), _weigh_incidents, publishes=False,
         rests_on=("incidents", "routes")),
    Step("risk_cells", ("events", "boundaries"), _classify_cells),
)
