"""A whole study under examination: its incidents, its domains, its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from georisk.validation.design import Design, read_design
from georisk.validation.domain import build_domains
from georisk.validation.examining import Examined, examine_domain
from georisk.validation.gates import STUDY
from georisk.validation.record import build_record
from georisk.validation.report import Subject, assemble_report, find_staleness, read_skill
from georisk.validation.task import Task
from layers.layer import hash_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from georisk.study import Study
    from georisk.validation.baselines import Forecaster
    from georisk.validation.domain import Domain
    from layers.crs import FloatArray

_NO_PRIORITY = "the study gives no priority score on these cells"


def validate_study(
    study: Study,
    forecasters: Sequence[Forecaster],
    *,
    design: Design | None = None,
    priority: Mapping[str, Mapping[int, FloatArray] | str] | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Measure the skill of forecasts on a study's own register, by rolling origin.

    Parameters
    ----------
    forecasters : sequence of Forecaster
        ``plain-kde``, ``strong-kde``, ``model``, the last one last; baselines are added.
    design : Design, optional
        As the study's parameters say by default.
    priority : mapping, optional
        By name of a domain: test year to priority score per cell as of the day before that year
        (`georisk.validation.priorities` makes it), or a text that says why there is none.
    tell : callable, optional
        Called with a line before each domain.

    Returns
    -------
    dict
        The report, as docs/how-to/validate.md describes.

    Raises
    ------
    LayerError, StudyError
        If an input layer cannot be used, or there is no land in the area.
    """
    design = design or read_design(study.parameters)
    events = study.made("events")
    config = study.config
    record = build_record(events.value.frame, crs_metric=config.crs_metric)
    domains = lay_domains(study)
    own_land = len(domains) == 1
    examined: list[Examined] = []
    for domain in domains:
        if tell is not None:
            tell(f"{domain.title}: {len(domain):,} cells of {domain.cell_km:g} km")
        examined.append(examine_domain(Task(
            domain, record, tuple(forecasters), study.as_of, design, config.crs_metric,
            priority=(priority or {}).get(domain.name, _NO_PRIORITY),
            thorough=own_land or domain.name != STUDY,
        )))
    return assemble_report(describe_subject(study, len(record)), examined, design=design)


def lay_domains(study: Study) -> tuple[Domain, ...]:
    """The domains of a study, from its boundaries and its area."""
    boundaries = study.layer("boundaries").frame if "boundaries" in study.config.layers else None
    return build_domains(boundaries, area=study.config.area, crs_metric=study.config.crs_metric)


def describe_subject(study: Study, located: int) -> Subject:
    """Head of the report: what was validated, with the hashes that tell when it is stale."""
    from georisk import __version__

    has = "incidents" in study.config.layers
    events = study.made("events")
    read = len(study.layer("incidents").frame) if has else 0
    return Subject(
        study=study.config.name, as_of=study.as_of.isoformat(), version=__version__,
        parameters_sha256=study.parameters.sha256, inputs_sha256=hash_inputs(study),
        synthetic=events.provenance.synthetic, incidents={"accepted": read, "located": located},
        warnings=events.warnings,
    )


def hash_inputs(study: Study) -> str:
    """One hash of every input layer as it was read, in order of name."""
    names = sorted(study.config.layers)
    return hash_text(*(f"{name}={study.made(name).key}" for name in names))


def tell_skill(study: Study, runs: Path) -> dict[str, Any] | None:
    """What the last `georisk validate` beside some snapshots measured, for their manifest.

    Returns
    -------
    dict or None
        The summary, with ``stale``: what changed since it was measured. None: never measured.
    """
    summary = read_skill(runs)
    if summary is None:
        return None
    stale = find_staleness(
        summary, parameters_sha256=study.parameters.sha256, inputs_sha256=hash_inputs(study),
        as_of=study.as_of.isoformat())
    return {**summary, "stale": list(stale)}
