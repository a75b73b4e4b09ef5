"""The report of `georisk validate`: one plain document for JSON, and its short summary."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from georisk.validation.domain import PLANS
from georisk.validation.gates import SYNTHETIC, judge_gates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from georisk.validation.design import Design
    from georisk.validation.examining import Examined

SCHEMA = 1
TITLE = "Reported deaths and disappearances"
SKILL_FILE = "skill.json"
PRIORITY_GATE = "G8"
_DIGITS = 6
CANNOT_KNOW = (
    ("Only deaths and disappearances that were found and reported are counted: a place without "
    "reports is not a place without deaths."),
    ("Where people look, remains are found: search, roads and newspapers shape the record, and a "
    "forecast of the record repeats that bias."),
    "Robbery, kidnapping and sexual violence are not measured here; only lethal violence is.",
    "Drownings recur at the same river places and flatter the totals: read the classes apart.",
    "How many people pass is not known: nothing here is a risk per person.",
    "Past skill is no promise: routes move when enforcement, weather or smuggling change.",
)


@dataclass(frozen=True)
class Subject:
    """What was validated, as the head of the report tells it.

    Attributes
    ----------
    study, as_of, version : str
    parameters_sha256, inputs_sha256 : str
        Of the parameter file, and of the incidents and all else that was read.
    synthetic : bool
        Any incident is synthetic.
    incidents : dict
        Counts of `georisk.incidents.select_incidents`.
    warnings : tuple of str
    """

    study: str
    as_of: str
    version: str
    parameters_sha256: str
    inputs_sha256: str
    synthetic: bool
    incidents: dict[str, int]
    warnings: tuple[str, ...] = ()


def assemble_report(
    subject: Subject, examined: Sequence[Examined], *, design: Design
) -> dict[str, Any]:
    """Put the report together: plain lists, dicts, text and rounded numbers; same bytes always.

    Parameters
    ----------
    examined : sequence of Examined
        One per domain.

    Returns
    -------
    dict
        As docs/how-to/validate.md describes; None where a number could not be measured.
    """
    measured = {str(one.tables["name"]): one.measured for one in examined}
    gates = judge_gates(measured, synthetic=subject.synthetic)
    absent = [
        {"name": plan.name, "title": plan.title, "why": plan.needs}
        for plan in PLANS if plan.name not in measured
    ]
    document = {
        "schema": SCHEMA, "title": TITLE, "audience": "restricted",
        "heading": SYNTHETIC if subject.synthetic else "",
        **{key: value for key, value in asdict(subject).items() if key != "warnings"},
        "counts": {
            "passed": sum(gate["passed"] is True for gate in gates),
            "failed": sum(gate["passed"] is False for gate in gates),
            "not_measured": sum(gate["passed"] is None for gate in gates),
        },
        "gates": gates,
        "domains": [one.tables for one in examined],
        "not_applicable": absent,
        "design": asdict(design),
        "cannot_know": list(CANNOT_KNOW),
        "warnings": [*subject.warnings, *(text for one in examined for text in one.warnings)],
    }
    plain: dict[str, Any] = round_numbers(document)
    return plain


def round_numbers(value: Any) -> Any:  # noqa: ANN401 - a JSON document
    """Round every number of a document to six digits after the point; None for no number.

    Examples
    --------
    >>> round_numbers({"a": [1 / 3, float("nan"), 2, True], "b": ("x", None)})
    {'a': [0.333333, None, 2, True], 'b': ['x', None]}
    """
    if isinstance(value, dict):
        return {str(key): round_numbers(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [round_numbers(one) for one in value]
    if isinstance(value, float):
        # Adding nought turns a rounded -0.0 into 0.0.
        return round(value, _DIGITS) + 0.0 if math.isfinite(value) else None
    return value


def summarise_skill(report: dict[str, Any]) -> dict[str, Any]:
    """The few numbers that a snapshot's manifest tells.

    Returns
    -------
    dict
        ``as_of``, ``synthetic``, hashes, counts of gates, how the priority score did (gate G8),
        and per domain the test years, events,
        bits per event and hit rate at 20 % of the model, bits over plain and strong KDE.

    Examples
    --------
    >>> summarise_skill({"as_of": "2021-12-31", "synthetic": False, "parameters_sha256": "p",
    ...                  "inputs_sha256": "i", "counts": {"passed": 1}, "domains": []})["gates"]
    {'passed': 1}
    """
    return {
        "as_of": report["as_of"], "synthetic": report["synthetic"],
        "parameters_sha256": report["parameters_sha256"],
        "inputs_sha256": report["inputs_sha256"],
        "gates": dict(report["counts"]),
        "priority": [
            {key: gate[key] for key in ("domain", "value", "limit", "passed")}
            for gate in report.get("gates", ()) if gate["gate"] == PRIORITY_GATE],
        "domains": {domain["name"]: _summarise_domain(domain) for domain in report["domains"]},
    }


def _summarise_domain(domain: dict[str, Any]) -> dict[str, Any]:
    model: dict[str, Any] = next(
        (one["all_years"] for one in domain["models"] if one["model"] == "model"), {})
    over = {row["key"]: row["value"] for row in domain["differences"]
            if row["key"] in {"bits_over_plain", "bits_over_strong"}}
    return {
        "years": [row["year"] for row in domain["years"] if row["tested"]],
        "events": model.get("events", 0), "bits": model.get("bits"),
        "hit20": model.get("hit", {}).get("20"), **over,
    }


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write a report where its owner alone can read it; whole or not at all."""
    write_private(path, dump_report(report))


def write_private(path: Path, text: str) -> None:
    """Write a text whole or not at all, in a folder and a file that its owner alone can open."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    part = path.with_name(f".{path.name}.part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.chmod(0o600)
    part.replace(path)


def dump_report(report: dict[str, Any]) -> str:
    """The report as JSON text on one line: its maps are long lists of small numbers."""
    return json.dumps(report, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def read_skill(runs: Path) -> dict[str, Any] | None:
    """Summary of the last `georisk validate` beside the snapshots; None where there is none.

    A damaged or foreign file counts as none: skill is told, never guessed.
    """
    try:
        document = json.loads((runs / SKILL_FILE).read_text(encoding="utf-8"))
        return summarise_skill(document) if document.get("schema") == SCHEMA else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def tell_priority_skill(summary: dict[str, Any] | None) -> str:
    """Whether the priority score was found to rank reported deaths, in one sentence (G8).

    Examples
    --------
    >>> tell_priority_skill({"priority": [{"domain": "border", "value": 0.75, "limit": 0.9,
    ...                                    "passed": False}]})
    'Not predictive (gate G8): border 0.75 of what a plain kernel catches, bar 0.9.'
    """
    judged = [one for one in (summary or {}).get("priority", ()) if one["passed"] is not None]
    if not judged:
        return "Whether it predicts anything was not measured (gate G8): run georisk validate."
    told = ", ".join(f"{one['domain']} {one['value']:.2f}" for one in judged)
    verdict = "Not predictive" if not all(one["passed"] for one in judged) else "Predictive"
    return (f"{verdict} (gate G8): {told} of what a plain kernel catches, "
            f"bar {judged[0]['limit']:g}.")


def find_staleness(
    summary: dict[str, Any], *, parameters_sha256: str, inputs_sha256: str, as_of: str
) -> tuple[str, ...]:
    """What changed since the skill was measured: parameters, inputs, day; empty when nothing.

    Examples
    --------
    >>> find_staleness({"parameters_sha256": "p", "inputs_sha256": "i", "as_of": "2021-12-31"},
    ...                parameters_sha256="q", inputs_sha256="i", as_of="2021-12-31")
    ('parameters',)
    """
    now = {"parameters": (summary["parameters_sha256"], parameters_sha256),
           "inputs": (summary["inputs_sha256"], inputs_sha256),
           "as_of": (summary["as_of"], as_of)}
    return tuple(name for name, (then, today) in now.items() if then != today)
