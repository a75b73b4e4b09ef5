"""``georisk site --json``: one document with everything that is told of proposed points."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from api.commands.site_answers import Proposed
    from georisk.siting.answers.answers import Answer, SiteBrief
    from georisk.siting.displacement.effect import Displacement
    from layers.layer import Layer

NOTE = "Computed, not decided: a field visit decides."


def describe_proposed(proposed: Proposed) -> dict[str, Any]:
    """Everything, as JSON takes it: what is not finite or not known is null."""
    answer = proposed.answer
    told: dict[str, Any] = {
        "chosen_for": answer.objective,
        **_describe_answer(answer),
        "sites": _join(proposed.layers["proposed_sites"], answer),
        "person_km_sites": _join(proposed.layers["proposed_sites_km"], proposed.by_km),
        "curve": asdict(answer.curve) if answer.curve else None,
        "knee": asdict(answer.knee) if answer.knee else None,
        "plan": asdict(answer.plan) if answer.plan else None,
        "trust": _describe_trust(answer),
        "losses": [{"candidate_id": str(proposed.scene.candidates.index[lost.site]),
                    "loss_share": lost.loss_share, "low": lost.low, "high": lost.high,
                    "refusal": lost.refusal} for lost in proposed.losses],
        "different": _describe_different(proposed),
        "excluded": _to_rows(answer.excluded),
        "overridden": {"candidates": list(proposed.wish.allowed),
                       "because": proposed.wish.because},
        "synthetic": answer.synthetic or proposed.layers["proposed_sites"].provenance.synthetic,
        "audience": "restricted", "note": NOTE,
    }
    if proposed.others:
        told["objectives"] = {
            name: {**_describe_answer(one), "sites": [
                {"rank": site.rank, "candidate_id": site.candidate_id, "place": site.place}
                for site in one.sites]} for name, one in proposed.others.items()}
        told["refused"] = proposed.refused
    if proposed.overlap is not None and proposed.common is not None:
        told["overlap"] = {name: dict(row) for name, row in proposed.overlap.iterrows()}
        told["common"] = _to_rows(proposed.common)
    plain: dict[str, Any] = _make_plain(told)
    return plain


def _describe_answer(answer: Answer) -> dict[str, Any]:
    found = answer.solution
    return {
        "objective": found.objective, "objective_unit": answer.unit, "title": answer.title,
        "bound": found.bound, "bound_gap": found.gap, "status": found.status,
        "uncovered": answer.before, "before": answer.before, "after": answer.after,
        "k": answer.k, "budget": answer.budget, "spent": answer.spent,
        "profile": answer.profile, "month": answer.month,
        "flow_basis": answer.flow_basis, "filled_km": answer.filled_km,
        "total_km": answer.total_km, "equity_price": answer.equity_price,
        "groups": _to_rows(answer.groups) if answer.groups is not None else None,
        "notes": list(answer.notes),
    }


def _join(layer: Layer, answer: Answer) -> list[dict[str, Any]]:
    """Rows of the layer, each with what its brief says."""
    from layers.geojson import encode_features

    features = json.loads(b"[" + bytes(encode_features(layer).buffer).rstrip(b",") + b"]")
    rows = {f["id"]: {"candidate_id": f["id"], **f["properties"],
                      "lon": f["geometry"]["coordinates"][0],
                      "lat": f["geometry"]["coordinates"][1]} for f in features}
    return [{**rows[site.candidate_id], **_describe_site(site)} for site in answer.sites
            if site.candidate_id in rows]


def _describe_trust(answer: Answer) -> dict[str, Any] | None:
    trust = answer.trust
    if trust is None:
        return None
    return {"table": _to_rows(trust.table), "draws": trust.draws, "worlds": trust.worlds,
            "varied": list(trust.varied), "robust": asdict(trust.robust) if trust.robust else None}


def _describe_different(proposed: Proposed) -> dict[str, Any] | None:
    other = proposed.different
    if other is None:
        return None
    ids = proposed.scene.candidates.index
    return {"candidates": [str(ids[row]) for row in other.chosen],
            "shared": [str(ids[row]) for row in other.kept], "objective": other.objective,
            "loss_share": other.loss_share, "status": other.status}


def _describe_site(site: SiteBrief) -> dict[str, Any]:
    told = {name: [asdict(one) for one in getattr(site, name)]
            for name in ("gaps", "newly", "alternatives")}
    parts = {name: asdict(part) if part is not None else None
             for name, part in (("people", site.people), ("evidence", site.evidence),
                                ("needs", site.needs), ("costs", site.cost),
                                ("selection", site.selection))}
    return {**told, **parts, "displacement": _describe_displacement(site.displacement),
            "defaults": list(site.defaults), "unknown": list(site.unknown)}


def _describe_displacement(found: Displacement | None) -> dict[str, Any] | None:
    if found is None:
        return None
    names = ("verdict", "reason", "before", "after", "change", "low", "high", "moved_share")
    return {name: getattr(found, name) for name in names}


def _to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.reset_index().to_json(orient="records"))
    return rows


def _make_plain(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Infinite and missing numbers as null; tuples as lists."""
    if isinstance(value, dict):
        return {str(key): _make_plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_make_plain(one) for one in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
