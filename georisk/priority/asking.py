"""One question about priority: for whom, how they travel, when; the study is left as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from georisk.made import derive_provenance, wrap_outcome
from georisk.parameters import Parameters
from georisk.priority.numbers import list_defaults, read_numbers, read_uncertain
from georisk.priority.scene import Choice, View, gather_view
from georisk.priority.sensitivity import measure_sensitivity
from georisk.priority.steps import NEEDS, PRIORITY_STEPS, rank_seen, tell_ranking
from georisk.services import find_group
from georisk.step import Outcome
from layers.errors import CallError
from layers.layer import hash_text

if TYPE_CHECKING:
    import pandas as pd

    from georisk.made import Made
    from georisk.priority.ranking import Ranking
    from georisk.study import Study
    from layers.layer import Layer

_OF_PROFILE = frozenset({"coverage"})


@dataclass(frozen=True, eq=False)
class Answer:
    """A ranking, and what stands behind it.

    Attributes
    ----------
    layer : Layer
        ``priority``, restricted.
    ranking : Ranking
    view : View
    profile : str
    defaults : tuple of str
        Names of declared values that nobody has replaced.
    warnings : tuple of str
    """

    layer: Layer
    ranking: Ranking
    view: View
    profile: str
    defaults: tuple[str, ...]
    warnings: tuple[str, ...]


def ask_priority(study: Study, *, profile: str | None = None, choice: Choice | None = None
                 ) -> Answer:
    """Rank the segments of a study for a traveller.

    What is within reach is reckoned for the profile: its pace, and who admits it.

    Parameters
    ----------
    study : Study
    profile : str, optional
        The study's reference profile by default.
    choice : Choice, optional

    Raises
    ------
    CallError
        If there is no such profile, or no routes to rank.
    """
    choice = choice or Choice()
    profile = profile or study.config.reference.profile
    find_group(profile)
    study.made("lines")  # without routes, that says so
    other = study.with_changes(reference={"profile": profile})
    same = profile == study.config.reference.profile
    made = {name: _find(study if same or name not in _OF_PROFILE else other, name)
            for name in NEEDS}
    present = {name: one for name, one in made.items() if one is not None}
    view = gather_view({name: one.value if one else None for name, one in made.items()},
                       study.settings(), choice)
    ranking = rank_seen(view, study.settings(), profile)
    key = hash_text("priority", profile, repr(choice), study.settings().sha256,
                    *(f"{name}={one.key}" for name, one in sorted(present.items())))
    warnings = tell_ranking(ranking, study.settings())
    layer = wrap_outcome(PRIORITY_STEPS[0], Outcome(ranking.frame, warnings),
                         derive_provenance(present, key))
    defaults = list_defaults(study.parameters, Parameters.read(), profile)
    return Answer(layer, ranking, view, profile, defaults, warnings)


def _find(study: Study, name: str) -> Made | None:
    """A layer or a step's value; None where the study has none of that name."""
    try:
        return study.made(name)
    except CallError:
        if name in study.names():
            raise
        return None


def ask_sensitivity(study: Study, answer: Answer) -> pd.DataFrame:
    """Which groups of declared numbers move the ranking: first and total Sobol indices."""
    parameters = study.parameters
    return measure_sensitivity(
        answer.view.scene, read_numbers(parameters, answer.profile),
        read_uncertain(parameters, answer.profile), ratios=answer.view.ratios,
        samples=1 << (int(parameters.value("priority.sensitivity_n")).bit_length() - 1),
        seed=int(parameters.value("priority.seed")),
    )
