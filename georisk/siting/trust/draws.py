"""Worlds as they may be: draws of what is reached and what it weighs, and what a choice serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from georisk.siting.covering.reduction import reduce_cover
from georisk.siting.limits import Limits
from layers.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from georisk.network import IntArray
    from layers.crs import FloatArray

_BLOCK = 256


@dataclass(frozen=True, eq=False)
class World:
    """One draw: who reaches what under its parameters, and what that weighs.

    Attributes
    ----------
    reach : csr_matrix of bool, shape (n_candidates, n_demand)
        Worlds that differ in weights alone should share one matrix (the same object): it is
        made small once. Candidates are the same rows in every world; demand need not be.
    weights : array of shape (n_demand,)
        0 or more.
    """

    reach: sparse.csr_matrix
    weights: FloatArray


@dataclass(frozen=True, eq=False)
class Stack:
    """Worlds with the same reach, their demand put together where the same candidates reach it.

    Attributes
    ----------
    reach : csr_matrix of float, shape (n_candidates, n_groups)
        All candidates; those that stand already reach nothing here.
    weights : array of shape (n_groups, n_worlds)
        Without what fixed sites serve.
    worlds : array of int, shape (n_worlds,)
        Positions in the list of worlds.
    """

    reach: sparse.csr_matrix
    weights: FloatArray
    worlds: IntArray


def make_worlds(reach: sparse.csr_matrix, weight_draws: FloatArray) -> tuple[World, ...]:
    """Worlds that differ in weights alone, one per row of the draws.

    Examples
    --------
    >>> reach = sparse.csr_matrix(np.eye(2, dtype=bool))
    >>> len(make_worlds(reach, np.array([[2.0, 1], [3, 1], [1, 2]])))
    3
    """
    return tuple(World(reach, row) for row in np.atleast_2d(weight_draws))


def stack_worlds(worlds: Sequence[World], *, fixed: Sequence[int] = ()) -> tuple[Stack, ...]:
    """Put worlds with the same reach together, and demand that the same candidates reach.

    Raises
    ------
    CallError
        If there is no world, candidates differ in number, or a weight is missing or below 0.

    Examples
    --------
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0], [0, 0, 1]], bool))
    >>> stack, = stack_worlds(make_worlds(reach, np.array([[2.0, 1, 5], [3, 1, 0]])))
    >>> stack.reach.shape, sorted(stack.weights.sum(axis=1).tolist())
    ((2, 2), [5.0, 7.0])
    """
    _check_worlds(worlds)
    by_reach: dict[int, list[int]] = {}
    for at, world in enumerate(worlds):
        by_reach.setdefault(id(world.reach), []).append(at)
    return tuple(_stack(worlds, np.array(at, np.int64), fixed) for at in by_reach.values())


def _check_worlds(worlds: Sequence[World]) -> None:
    if not worlds:
        raise CallError("site: no draw is given; robustness needs at least one")
    rows = {world.reach.shape[0] for world in worlds}
    if len(rows) > 1:
        raise CallError(f"site: draws hold {min(rows)} to {max(rows)} candidates; keep the same "
                        "rows in each")
    for at, world in enumerate(worlds):
        weights = np.asarray(world.weights)
        if weights.shape != (world.reach.shape[1],):
            raise CallError(f"site: draw {at} has {weights.size} weights for "
                            f"{world.reach.shape[1]} demand rows; give one each")
        if not np.all(np.isfinite(weights)) or np.any(weights < 0):
            raise CallError(f"site: a weight of draw {at} is missing or below 0; fill in "
                            "intensities first")


def _stack(worlds: Sequence[World], at: IntArray, fixed: Sequence[int]) -> Stack:
    reach = worlds[int(at[0])].reach
    model = reduce_cover(reach, np.ones(reach.shape[1]), Limits(fixed=tuple(fixed)))
    wide = sparse.csr_matrix(
        (np.ones(len(model.candidates)), (model.candidates, np.arange(model.n_candidates))),
        shape=(reach.shape[0], model.n_candidates),
    )
    weights = [model.reweigh(np.asarray(worlds[int(row)].weights, float)).weights for row in at]
    return Stack(sparse.csr_matrix(wide @ model.matrix), np.column_stack(weights), at)


def count_worlds(stacks: Sequence[Stack]) -> int:
    """How many worlds some stacks hold together."""
    return sum(len(stack.worlds) for stack in stacks)


def measure_worth(
    stacks: Sequence[Stack], choices: Sequence[Sequence[int]]
) -> FloatArray:
    """What each choice serves in each world, without what fixed sites serve.

    Returns
    -------
    array of shape (n_choices, n_worlds)

    Examples
    --------
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], bool))
    >>> stacks = stack_worlds(make_worlds(reach, np.array([[2.0, 1, 5], [3, 1, 0]])))
    >>> measure_worth(stacks, [(0,), (0, 1), ()]).tolist()
    [[3.0, 4.0], [8.0, 4.0], [0.0, 0.0]]
    """
    worth = np.zeros((len(choices), count_worlds(stacks)))
    for first in range(0, len(choices), _BLOCK):
        block = choices[first : first + _BLOCK]
        row = np.repeat(np.arange(len(block)), [len(sites) for sites in block])
        site = np.array([site for sites in block for site in sites], np.int64)
        for stack in stacks:
            shape = (len(block), stack.reach.shape[0])
            pick = sparse.csr_matrix((np.ones(len(row)), (row, site)), shape=shape)
            served = sparse.csr_matrix(pick @ stack.reach)
            served.sort_indices()
            served.data[:] = 1.0
            worth[first : first + len(block), stack.worlds] = served @ stack.weights
    return worth


def measure_additions(stacks: Sequence[Stack], base: Sequence[int]) -> FloatArray:
    """What some sites and one more serve together, for every candidate as the one more.

    Returns
    -------
    array of shape (n_candidates, n_worlds)

    Examples
    --------
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0], [0, 1, 1]], bool))
    >>> stacks = stack_worlds(make_worlds(reach, np.array([[2.0, 1, 5]])))
    >>> measure_additions(stacks, (0,)).ravel().tolist()
    [3.0, 8.0]
    """
    out = np.zeros((stacks[0].reach.shape[0], count_worlds(stacks)))
    for stack in stacks:
        served = np.asarray(stack.reach[list(base)].sum(axis=0)).ravel() > 0
        gains = stack.reach @ (stack.weights * ~served[:, None])
        out[:, stack.worlds] = (served @ stack.weights)[None, :] + gains
    return out
