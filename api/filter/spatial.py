"""Spatial functions: bounds first, then the exact shapes of what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from api.errors import ParameterError
from api.filter.values import NAMES, Block, Mask, Operand, Term, Truth, make_truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Predicate = Callable[..., NDArray[np.bool_]]

_PREDICATES: dict[str, Predicate] = {
    "s_intersects": shapely.intersects, "s_equals": shapely.equals,
    "s_disjoint": shapely.disjoint, "s_touches": shapely.touches, "s_within": shapely.within,
    "s_overlaps": shapely.overlaps, "s_crosses": shapely.crosses, "s_contains": shapely.contains,
}
_TURNED = {"s_within": "s_contains", "s_contains": "s_within"}
_AT_ONCE = 2048
_MOST_PARTS = 16
_SLACK = 1e-6  # bounds may be of shapes rounded to six decimals


@dataclass(frozen=True, eq=False)
class _Window:
    """A geometry of the filter that rows are held against.

    Attributes
    ----------
    shape : Geometry
        Prepared.
    boxes : float array of shape (n, 4)
        Bounds of its parts.
    is_box : bool
        Whether it fills its bounds.
    """

    shape: shapely.Geometry
    boxes: NDArray[np.float64]
    is_box: bool


def bind_spatial(op: str, left: Operand, right: Operand) -> Term:
    """Bind a spatial function of two geometries, either of which may stand in the filter.

    Raises
    ------
    ParameterError
        If one of the operands is no geometry.
    """
    for operand in (left, right):
        if operand.kind != "shape":
            raise ParameterError(f"{op.upper()} takes geometries, not {NAMES[operand.kind]}.")
    if left.constant is not None and right.constant is not None:
        holds = bool(_PREDICATES[op](left.constant, right.constant))
        return Term(lambda block, _needed: make_truth(holds, known=True, count=block.count))
    if left.constant is None and right.constant is None:
        return Term(lambda block, needed: _judge_itself(op, block, needed), is_costly=True)
    if left.constant is None:
        return _bind_window(_TURNED.get(op, op), right.constant)
    return _bind_window(op, left.constant)


def _bind_window(op: str, shape: shapely.Geometry) -> Term:
    """Bind a function whose first geometry stands in the filter and whose second is a row's."""
    shapely.prepare(shape)
    parts = shapely.get_parts(shape)
    boxes = shapely.bounds(parts if len(parts) <= _MOST_PARTS else np.array([shape]))
    filled = shapely.equals(shapely.box(*shape.bounds), shape) if shape.area else False
    window = _Window(shape, boxes[~np.isnan(boxes[:, 0])], bool(filled))
    return Term(lambda block, needed: _judge_window(op, window, block, needed), is_costly=True)


def _judge_window(op: str, window: _Window, block: Block, needed: Mask) -> Truth:
    """Rows whose bounds are apart from the window are disjoint from it, without a look."""
    bounds = block.bounds
    placed = ~np.isnan(bounds[:, 0])
    near = _find_near(bounds, window.boxes)
    yes = placed & ~near if op == "s_disjoint" else np.zeros(block.count, dtype=bool)
    known = placed.copy()
    unsure = (near | ~placed) & needed
    if window.is_box and op in {"s_intersects", "s_disjoint", "s_contains"}:
        inside = _find_inside(bounds, window.boxes[0])
        yes |= inside & (op != "s_disjoint")
        unsure &= ~inside
    _look_closer(_PREDICATES[op], window.shape, block, unsure, Truth(yes, known))
    return Truth(yes & known, ~yes & known)


def _find_near(bounds: NDArray[np.float64], boxes: NDArray[np.float64]) -> Mask:
    near = np.zeros(len(bounds), dtype=bool)
    for west, south, east, north in boxes:
        near |= ((bounds[:, 0] <= east + _SLACK) & (bounds[:, 2] >= west - _SLACK)
                 & (bounds[:, 1] <= north + _SLACK) & (bounds[:, 3] >= south - _SLACK))
    return near


def _find_inside(bounds: NDArray[np.float64], box: NDArray[np.float64]) -> Mask:
    """Rows that lie within a box and clearly off its edges."""
    west, south, east, north = box
    return np.asarray((bounds[:, 0] > west + _SLACK) & (bounds[:, 2] < east - _SLACK)
                      & (bounds[:, 1] > south + _SLACK) & (bounds[:, 3] < north - _SLACK))


def _look_closer(
    predicate: Predicate, shape: shapely.Geometry, block: Block, unsure: Mask, found: Truth
) -> None:
    """Ask the exact question of some rows, writing into ``found``: holds, and is known."""
    rows = np.flatnonzero(unsure)
    for start in range(0, len(rows), _AT_ONCE):
        block.deadline.check()
        some = rows[start : start + _AT_ONCE]
        shapes = block.shapes(some)
        holds, certain = _ask(predicate, shape, shapes)
        found.yes[some], found.no[some] = holds, certain & ~shapely.is_missing(shapes)


def _ask(
    predicate: Predicate, one: shapely.Geometry | NDArray[np.object_],
    other: NDArray[np.object_],
) -> tuple[Mask, Mask]:
    """Which hold and which can be told at all; a broken geometry of a layer cannot, alone."""
    try:
        return predicate(one, other), np.ones(len(other), dtype=bool)
    except shapely.errors.GEOSException:
        ones = np.broadcast_to(np.asarray(one, dtype=object), (len(other),))
        asked = [_ask_one(predicate, *pair) for pair in zip(ones, other, strict=True)]
        return np.array([a is True for a in asked]), np.array([a is not None for a in asked])


def _ask_one(
    predicate: Predicate, one: shapely.Geometry, other: shapely.Geometry
) -> bool | None:
    try:
        return bool(predicate(one, other))
    except shapely.errors.GEOSException:
        return None


def _judge_itself(op: str, block: Block, needed: Mask) -> Truth:
    """A row's geometry with itself: the only geometry that a layer has."""
    yes, known = np.zeros(block.count, dtype=bool), np.zeros(block.count, dtype=bool)
    rows = np.flatnonzero(needed)
    for start in range(0, len(rows), _AT_ONCE):
        block.deadline.check()
        some = rows[start : start + _AT_ONCE]
        shapes = block.shapes(some)
        holds, certain = _ask(_PREDICATES[op], shapes, shapes)
        yes[some], known[some] = holds, certain & ~shapely.is_missing(shapes)
    return Truth(yes & known, ~yes & known)
