"""The step that ranks the segments of a study by where help is most needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from georisk.parameters import Parameters
from georisk.priority.numbers import list_defaults, read_numbers, read_uncertain
from georisk.priority.ranking import Ranking, rank_view
from georisk.priority.scene import INSUFFICIENT, Choice, View, gather_view
from georisk.priority.uncertainty import ROBUST
from georisk.step import Inputs, Outcome, Settings, Step

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

NEEDS = ("route_intensity", "lines", "network", "routes", "conditions", "coverage",
         "hazard_temperature", "hazard_rain", "hazard_storms")
_PUBLISHED = {"priority_score": "score", "priority_rank_low": "rank_low",
              "priority_rank_high": "rank_high"}


def rank_segments(inputs: Inputs, settings: Settings) -> Outcome:
    """Rank segments for the reference profile: own modes, the mean over the year."""
    view = gather_view(inputs, settings, Choice())
    ranking = rank_seen(view, settings, settings.config.reference.profile)
    return Outcome(ranking.frame, tell_ranking(ranking, settings))


def rank_seen(view: View, settings: Settings, profile: str) -> Ranking:
    """Rank a view with the numbers in force."""
    parameters = settings.parameters
    return rank_view(view, read_numbers(parameters, profile), read_uncertain(parameters, profile),
                     draws=int(parameters.value("priority.draws")),
                     seed=int(parameters.value("priority.seed")))


def tell_ranking(ranking: Ranking, settings: Settings) -> tuple[str, ...]:
    """What a reader of the ranking must be told."""
    frame = ranking.frame
    silent = frame["score"].isna()
    few = silent & (frame["evidence"] == INSUFFICIENT)
    notes = []
    if few.any():
        notes.append(f"priority: {frame.loc[few, 'length_km'].sum():,.0f} km have insufficient "
                     "evidence and no rank; conditions_score says what the conditions alone would")
    if (silent & ~few).any():
        notes.append(f"priority: {frame.loc[silent & ~few, 'length_km'].sum():,.0f} km have no "
                     "rank: too little is known of services or conditions (column unknown)")
    if not silent.all():
        notes += _tell_doubts(ranking, settings)
    return tuple(notes)


def _tell_doubts(ranking: Ranking, settings: Settings) -> list[str]:
    import numpy as np

    overlap = ranking.spread.overlap
    notes = []
    if ranking.clipped:
        notes.append("priority: more than a tenth lies at a bound, where an indicator tells "
                     f"nothing apart: {ranking.clipped}")
    if len(overlap) and not ranking.spread.robust:
        notes.append(f"priority: not robust: the first tenth shares {np.median(overlap):.2f} with "
                     f"that of other declared numbers (median Jaccard; {ROBUST} is robust)")
    profile = str(ranking.frame["profile"].iloc[0])
    defaults = list_defaults(settings.parameters, Parameters.read(), profile)
    if defaults:
        notes.append(f"priority: {len(defaults)} values are declared defaults, for field teams to "
                     "replace; `georisk priority` prints them")
    return notes


def join_priority(segments: gpd.GeoDataFrame, ranking: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put score and rank band into the segments; what has no score stays empty.

    Parameters
    ----------
    segments : GeoDataFrame
        Index ``segment_id``.
    ranking : DataFrame
        The ``priority`` layer's frame.
    """
    found = ranking.reindex(segments.index)
    return segments.assign(**{name: found[source] for name, source in _PUBLISHED.items()})


PRIORITY_STEPS: tuple[Step, ...] = (Step("priority", NEEDS, rank_segments),)
