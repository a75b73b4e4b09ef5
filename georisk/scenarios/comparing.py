"""Two scenarios of a study side by side: coverage, people, gaps, room. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from georisk.coverage.steps import choose_services
from georisk.made import wrap_outcome
from georisk.scenarios.differences import list_points, list_segments
from georisk.scenarios.matching import match_gaps
from georisk.scenarios.reading import Reading, read_world
from georisk.scenarios.tables import tabulate_worlds
from georisk.scenarios.ways import count_people, find_leg_sign, list_ways
from georisk.scenarios.world import RESTS_ON, Asked, World, open_scenario
from georisk.step import Outcome, Step
from layers.crs import WGS84
from layers.errors import BrokenError
from layers.layer import Layer, Provenance, hash_text
from layers.spec import find_highest_level

if TYPE_CHECKING:
    from georisk.scenarios.ways import People
    from georisk.study import Study


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two scenarios come to.

    Attributes
    ----------
    one, two : World
    table, gaps, points, segments : Layer
        ``compared``, ``compared_gaps``, ``compared_points`` and ``compared_segments``.
    notes : tuple of str
        What a reader must be told.
    """

    one: World
    two: World
    table: Layer
    gaps: Layer
    points: Layer
    segments: Layer
    notes: tuple[str, ...]

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Points of either scenario that are not there today, in words."""
        return _list_assumptions((self.one, self.two))

    @property
    def layers(self) -> dict[str, Layer]:
        """All four, by name."""
        return {layer.spec.name: layer
                for layer in (self.table, self.gaps, self.points, self.segments)}


def compare_scenarios(
    study: Study, one: str, two: str, *, asked: Asked | None = None
) -> Comparison:
    """Compute two scenarios of a study and set them side by side.

    Parameters
    ----------
    study : Study
    one, two : str
        Names of ``[scenario.NAME]``, or ``base``.
    asked : Asked, optional
        Profile and month in place of those that each says.

    Raises
    ------
    CallError, StudyError
        As `georisk.scenarios.world.open_scenario`.
    """
    worlds = _open_worlds(study, (one, two), asked)
    ways, people = list_ways(study), count_people(study)
    lines, travel = study.value("lines"), study.value("travel")[0]
    services = tuple(choose_services(worlds[0].study.value("facilities"),
                                     worlds[0].study.settings()).index)
    readings = tuple(
        read_world(world.study, services, ways, walk_h=travel.segment_walk_h) for world in worlds
    )
    matched = match_gaps(*(reading.gaps for reading in readings))
    table = tabulate_worlds((readings[0], readings[1]), ways, people,
                            lines["length_km"].to_numpy(float), matched)
    points = list_points(*(world.study.value("facilities") for world in worlds))
    segments = list_segments(lines, (readings[0], readings[1]), find_leg_sign(travel, lines))
    shapes = _draw_matches(matched, readings[0], readings[1])
    return Comparison(
        worlds[0], worlds[1],
        table=_wrap("compared", table, worlds), gaps=_wrap("compared_gaps", shapes, worlds),
        points=_wrap("compared_points", points, worlds),
        segments=_wrap("compared_segments", segments, worlds),
        notes=_tell(worlds, people),
    )


def _open_worlds(
    study: Study, names: tuple[str, str], asked: Asked | None
) -> tuple[World, World]:
    """Both worlds, looking for the same services: one may lack what the other offers."""
    one, two = (open_scenario(study, name, asked) for name in names)
    services = tuple(sorted({*one.study.config.services, *two.study.config.services}))
    worlds = [
        world if world.study.config.services == services
        else replace(world, study=world.study.with_changes(
            parameters=world.study.parameters, services=services))
        for world in (one, two)
    ]
    same = names[0] == names[1]
    return worlds[0], worlds[0] if same else worlds[1]


def _draw_matches(matched: pd.DataFrame, one: Reading, two: Reading) -> gpd.GeoDataFrame:
    """Matches with the ground that their gaps run over in either scenario."""
    keys = ["corridor", "service", "direction"]
    both = pd.concat([one.gaps, two.gaps], ignore_index=True)
    by_key = dict(iter(both.groupby(keys))) if len(both) else {}
    shapes = []
    for row in matched.itertuples():
        near = by_key[row.corridor, row.service, row.direction]
        inside = (near["from_km"] < row.to_km) & (near["to_km"] > row.from_km)
        shapes.append(near.loc[inside, "geometry"].union_all())
    starts = matched["from_km"].round(3).map("{:09.3f}".format) if len(matched) else []
    ids = ["-".join((*map(str, key), start.replace(".", "-"))).replace("_", "-")
           for *key, start in zip(*(matched[name] for name in keys), starts, strict=True)]
    index = pd.Index(ids, dtype="str", name="match_id")
    frame = matched.set_axis(index)
    for name in ("severity_a", "severity_b"):
        frame[name] = frame[name].replace("", None)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=index, crs=WGS84))


def _wrap(name: str, frame: pd.DataFrame, worlds: tuple[World, World]) -> Layer:
    made = [world.study.made(needed) for world in worlds for needed in RESTS_ON]
    sources = {source for one in made for source in one.provenance.sources}
    provenance = Provenance(
        sources=(*sorted(sources), *_list_assumptions(worlds)),
        sha256=hash_text(name, *(one.key for one in made)),
        synthetic=any(one.provenance.synthetic for one in made),
        inputs_level=find_highest_level([one.provenance.inputs_level for one in made]),
    )
    layer = wrap_outcome(Step(name, (), lambda _, __: Outcome(frame)), Outcome(frame), provenance)
    if not isinstance(layer, Layer):
        raise BrokenError(f"{name}: the result is no layer")
    return layer


def _list_assumptions(worlds: tuple[World, World]) -> tuple[str, ...]:
    """What results rest on that is not there; each scenario once."""
    return tuple(filter(None, dict.fromkeys(world.assumption for world in worlds)))


def _tell(worlds: tuple[World, World], people: People) -> tuple[str, ...]:
    notes = [f"{told}: hypothetical, no place that is there" for told in _list_assumptions(worlds)]
    notes += [note for world in dict.fromkeys(worlds) for note in world.notes]
    for world in dict.fromkeys(worlds):
        told = [note for step in ("network", "travel") for note in world.study.made(step).warnings]
        notes += [f"{world.name}: {note}" for note in told]
    if not np.isfinite(people.daily).any():
        notes.append("no flow data: person-km, person-hours and room are not told")
    return tuple(dict.fromkeys(notes))
