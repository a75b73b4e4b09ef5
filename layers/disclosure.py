"""What an audience may see: the one gate between a layer and every door.

It fails closed. A layer, geometry or column without a level is restricted; free text is sealed;
a result keeps the strictest level of what it was computed from. Less strict is possible in two
ways only, both named in a spec and listed here: a *release*, a computation that made a result
harmless (`RELEASES`), and a *view*, a generalisation applied at the gate (`VIEWS`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import NotShownError
from layers.generalise import (
    blur_incidents,
    draw_gap_lines,
    draw_schematic_legs,
    tell_gaps_in_words,
)
from layers.layer import Layer, RasterLayer, strictest_level
from layers.spec import Audience, LayerSpec, Level, ViewSpec, find_highest_level, may_see

if TYPE_CHECKING:
    import datetime as dt

VERIFY_DAYS = 90
SEALED_KINDS = frozenset(
    {"unaccompanied_children", "trafficking_survivors", "gbv_survivors", "detention"}
)

RELEASES: Mapping[str, Level] = {
    "kernel_intensity": "restricted",  # a smooth intensity: no incident, no coordinate of one
    "names_and_lengths": "public",  # names, legs and rounded length: nothing of a leg's line
    "suppress_small_cells": "public",  # 10 incidents, 3 sources, 3 spots, 90 days; class only
    "ten_km_stretches": "partner",  # ten stretches of 1 km in one; class only
}
ROLE_FLOORS: Mapping[str, Level] = {"incident": "sealed", "route": "restricted"}
VIEWS: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "blurred_incidents": blur_incidents,
    "gap_lines": draw_gap_lines,
    "gaps_in_words": tell_gaps_in_words,
    "schematic_legs": draw_schematic_legs,
}


@dataclass(frozen=True)
class _Shown:
    """How a layer is shown: as it stands (view None) or through a view."""

    view: ViewSpec | None


def judge_level(layer: Layer | RasterLayer) -> Level:
    """Level of a layer in force.

    An input carries its own, but none below the floor of its role, whatever a study's own spec
    says. A result carries the strictest of its own and its inputs', unless
    its spec names a release of this module; an unknown release counts for nothing.
    """
    spec, inputs_level = layer.spec, layer.provenance.inputs_level
    if spec.role != "result":
        return find_highest_level([spec.effective_level, ROLE_FLOORS.get(spec.role, "public")])
    if spec.released_by in RELEASES:
        return find_highest_level([spec.effective_level, RELEASES[spec.released_by]])
    return find_highest_level([spec.effective_level, inputs_level])


def judge_inputs_level(inputs: Iterable[Layer | RasterLayer]) -> Level:
    """Level that a result inherits from what it was computed from.

    An input layer counts with the strictest of its layer, geometry and column levels, for a
    computation can carry any of them on; a result counts with its level in force.
    """
    return find_highest_level(
        [strictest_level(x) if x.spec.role != "result" else judge_level(x) for x in inputs]
    )


def _decide(layer: Layer | RasterLayer, audience: Audience) -> _Shown:
    if may_see(audience, judge_level(layer)):
        return _Shown(None)
    order: dict[Audience, tuple[Audience, ...]] = {
        "public": ("public",),
        "partner": ("partner", "public"),
        "restricted": ("restricted", "partner", "public"),
    }
    for candidate in order[audience]:
        view = layer.spec.views.get(candidate)
        if view is not None and view.generaliser in VIEWS:
            return _Shown(view)
    raise NotShownError(f"no layer named {layer.spec.name!r}")


def find_source(layer: Layer | RasterLayer, audience: Audience) -> str:
    """Name of the layer whose rows stand in for this one's before an audience; empty: its own."""
    view = _decide(layer, audience).view
    return view.source if view is not None else ""


def disclose(layer: Layer, audience: Audience, *, today: dt.date) -> Layer:
    """Turn a layer into what an audience may be shown of it.

    Parameters
    ----------
    layer : Layer
    audience : {"public", "partner", "restricted"}
    today : datetime.date
        The real date: consent and verification are judged by it, never by ``as_of``.

    Returns
    -------
    Layer
        Its spec lists only what may be shown; a layer whose geometry is above the audience
        becomes a table.

    Raises
    ------
    NotShownError
        If the audience may not see the layer. The message is that of an unknown name.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> from layers.layer import Provenance
    >>> import datetime as dt, pandas as pd
    >>> bare = find_spec("activity")
    >>> layer = Layer(bare, pd.DataFrame(index=pd.Index([], name="activity_row")),
    ...               Provenance(("a.csv",), "", True, "restricted"))
    >>> disclose(layer, "public", today=dt.date(2024, 1, 1))
    Traceback (most recent call last):
    layers.errors.NotShownError: no layer named 'activity'
    """
    shown = _decide(layer, audience)
    frame = layer.frame[_find_rows(layer, audience, today)]
    spec = narrow_spec(layer, audience)
    if shown.view is not None:
        frame = VIEWS[shown.view.generaliser](frame)
        frame = frame.rename_axis(spec.id)
    keep = list(spec.columns)
    flat = spec.geometry == "none"
    shown_frame = pd.DataFrame(frame[keep]) if flat else frame[[*keep, "geometry"]]
    return replace(layer, spec=spec, frame=shown_frame)


def disclose_raster(raster: RasterLayer, audience: Audience) -> RasterLayer:
    """Let a raster through, whole, or not at all."""
    if may_see(audience, judge_level(raster)):
        return raster
    raise NotShownError(f"no layer named {raster.spec.name!r}")


def narrow_spec(layer: Layer | RasterLayer, audience: Audience) -> LayerSpec:
    """Return the description of what `disclose` would show; raises NotShownError likewise."""
    spec, shown = layer.spec, _decide(layer, audience)
    columns = {
        name: column for name, column in spec.columns.items()
        if may_see(audience, column.effective_level)
    }
    geometry = spec.geometry if may_see(audience, spec.effective_geometry_level) else "none"
    if shown.view is not None:
        extra = {
            name: column for name, column in shown.view.columns.items()
            if may_see(audience, column.effective_level)
        }
        keep = shown.view.keep
        kept = {n: c for n, c in columns.items() if keep is None or n in keep}
        columns, geometry = {**kept, **extra}, shown.view.geometry
    kind = spec.kind if spec.kind == "raster" or geometry != "none" else "table"
    return spec.model_copy(
        update={"columns": columns, "geometry": geometry, "kind": kind, "views": {}}
    )


def _find_rows(layer: Layer, audience: Audience, today: dt.date) -> pd.Series:
    rule = layer.spec.row_rule or ("consented_places" if layer.spec.role == "facility" else "")
    if not rule:
        return pd.Series(data=True, index=layer.frame.index)
    if rule not in ROW_RULES:
        raise NotShownError(f"no layer named {layer.spec.name!r}")
    return ROW_RULES[rule](layer.frame, audience, today)


def find_sealed_places(frame: pd.DataFrame) -> pd.Series:
    """Mark places that leave by no door, whatever the consent: SAFETY, "Sealed by kind".

    A place that admits children alone and nobody else counts as one for children alone.
    """
    sealed = pd.Series(data=False, index=frame.index)
    if "place_kind" in frame:
        sealed |= frame["place_kind"].isin(SEALED_KINDS)
    if "admits" in frame:
        sealed |= frame["admits"].map(_admits_children_only).astype(bool)
    return sealed


def _admits_children_only(admits: tuple[str, ...]) -> bool:
    answers = [item.casefold().replace(" ", "").partition(":") for item in admits]
    known = {"", "yes", "no", "unknown"}
    welcome = {
        group for group, _, answer in answers if answer in {"", "yes"} or answer not in known
    }
    return welcome == {"unaccompanied_children"}


def find_consented_places(frame: pd.DataFrame, *, today: dt.date) -> pd.Series:
    """Mark places whose operator agreed, for today, and that were checked in time.

    ``verify_by`` counts at most 90 days from ``last_verified``. Unknown is no.
    """
    needed = {"publish_ok", "consent_until", "last_verified", "verify_by"}
    if not needed <= set(frame.columns):
        return pd.Series(data=False, index=frame.index)
    day = pd.Timestamp(today)
    agreed = frame["publish_ok"].fillna(value=False).astype(bool)
    consent = (frame["consent_until"] >= day).fillna(value=False)
    latest = frame["last_verified"] + pd.Timedelta(days=VERIFY_DAYS)
    past = frame["last_verified"] <= day
    checked = ((frame["verify_by"] >= day) & (latest >= day) & past).fillna(value=False)
    return (agreed & consent & checked).astype(bool)


def _show_consented(frame: pd.DataFrame, audience: Audience, today: dt.date) -> pd.Series:
    shown = ~find_sealed_places(frame)
    if audience != "restricted":
        shown &= find_consented_places(frame, today=today)
    return shown


def _show_official(frame: pd.DataFrame, audience: Audience, today: dt.date) -> pd.Series:  # noqa: ARG001 - one signature for all rules
    if audience == "restricted":
        return pd.Series(data=True, index=frame.index)
    official = frame["official_crossing"].fillna(value=False).astype(bool)
    return (frame["kind"] == "town") | ((frame["kind"] == "crossing") & official)


RowRule = Callable[[pd.DataFrame, Audience, "dt.date"], pd.Series]
ROW_RULES: Mapping[str, RowRule] = {
    "consented_places": _show_consented,
    "official_places": _show_official,
}
