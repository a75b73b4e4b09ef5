"""The choice most unlike the best one that serves nearly as much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from georisk.siting.binding import bind_limits, read_sites
from georisk.siting.highs import LinearModel, solve_linear
from georisk.siting.trust.alternatives import list_additions
from georisk.siting.trust.draws import Stack, World, measure_additions, measure_worth, stack_worlds
from layers.errors import CallError

if TYPE_CHECKING:
    from georisk.siting.limits import Limits
    from georisk.siting.solution import Solution, Status

# Sites and kinds of demand up to which the search is exact.
MAX_EXACT = (500, 5_000)
_ROUNDING = 1e-9
_MAX_MOVES = 500


@dataclass(frozen=True)
class Different:
    """Another choice that serves nearly as much.

    Attributes
    ----------
    chosen : tuple of int
        Ascending.
    kept : tuple of int
        Sites that it shares with the best choice: where this is empty the money can go
        elsewhere altogether.
    objective, loss, loss_share : float
        What it serves, and what less than the best choice.
    least_kept : int
        No choice that serves as much shares fewer.
    status : str
        ``optimal`` where ``kept`` is proven the least.
    """

    chosen: tuple[int, ...]
    kept: tuple[int, ...]
    objective: float
    loss: float
    loss_share: float
    least_kept: int
    status: Status


def find_most_different(
    world: World,
    solution: Solution,
    limits: Limits,
    *,
    share: float = 0.02,
    method: Literal["auto", "exact", "greedy"] = "auto",
    time_limit_s: float = 10.0,
) -> Different:
    """Share as few sites with the best choice as serving within a share of it allows.

    Among choices that share as few, one that serves more is preferred by exchanges of sites,
    without proof.

    Parameters
    ----------
    world : World
        Reach and weights of a maximal coverage.
    solution : Solution
        Its best choice within the limits.
    limits : Limits
    share : float
        Serve at least 1 - share of what the best choice serves; between 0 and 1.
    method : str
        ``greedy`` exchanges sites without proof; ``auto`` does so above 500 candidates or 5,000
        kinds of demand.

    Raises
    ------
    CallError
        If the share is not between 0 and 1, or the solution does not keep the limits.

    Examples
    --------
    Sites 0 and 2 serve ten of ten; each pair that gives one of them up serves eight.

    >>> from georisk.siting.limits import Limits
    >>> from georisk.siting.covering.solve import solve_mclp
    >>> reach = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]], bool))
    >>> world = World(reach, np.array([2.0, 3, 3, 2]))
    >>> best = solve_mclp(reach, world.weights, Limits(k=2))
    >>> find_most_different(world, best, Limits(k=2), share=0.1).kept
    (0, 2)
    >>> other = find_most_different(world, best, Limits(k=2), share=0.25)
    >>> len(other.kept), other.objective, other.least_kept, other.status
    (1, 8.0, 1, 'optimal')
    """
    if not 0.0 <= share <= 1.0:
        raise CallError(f"site: near-optimal is a share between 0 and 1, not {share:g}")
    start = tuple(sorted(solution.chosen))
    if not limits.allow(start):
        raise CallError("site: the choice to differ from does not keep the limits; solve again")
    stack = stack_worlds([world], fixed=limits.fixed)[0]
    floor = float(measure_worth([stack], [start])[0, 0]) * (1.0 - share)
    chosen = _drift(stack, start, floor, limits)
    n, groups = stack.reach.shape
    least = len(set(start) & set(limits.required))
    status: Status = "greedy"
    if method == "exact" or (method == "auto" and n <= MAX_EXACT[0] and groups <= MAX_EXACT[1]):
        chosen, least, status = _search(stack, (start, chosen), floor, limits, time_limit_s)
    if len(set(chosen) & set(start)) == least:
        status = "optimal"
    return _describe(stack, start, _climb(stack, start, chosen, limits), (least, status))


def _drift(
    stack: Stack, start: tuple[int, ...], floor: float, limits: Limits
) -> tuple[int, ...]:
    """Exchange one shared site after another for the stranger that loses least, above the floor."""
    sites = start
    for _ in range(len(start)):
        shared = [site for site in sites if site in start and site not in limits.required]
        moves = [move for site in shared
                 if (move := _find_stranger(stack, _drop(sites, site), start, limits))]
        if not moves or max(moves)[0] < floor * (1.0 - _ROUNDING):
            break
        sites = _climb(stack, start, max(moves, key=lambda move: (move[0], -move[1][0]))[1],
                       limits)
    return sites


def _drop(sites: tuple[int, ...], site: int) -> tuple[int, ...]:
    return tuple(other for other in sites if other != site)


def _find_stranger(
    stack: Stack, base: tuple[int, ...], start: tuple[int, ...], limits: Limits
) -> tuple[float, tuple[int, ...]] | None:
    """Best choice of a base and one candidate that is not of the start."""
    allowed = np.setdiff1d(list_additions(base, limits, stack.reach.shape[0]), start)
    if not len(allowed):
        return None
    worth = measure_additions([stack], base)[allowed, 0]
    at = int(np.flatnonzero(worth >= worth.max() * (1.0 - _ROUNDING))[0])
    return float(worth[at]), tuple(sorted((*base, int(allowed[at]))))


def _climb(
    stack: Stack, start: tuple[int, ...], sites: tuple[int, ...], limits: Limits
) -> tuple[int, ...]:
    """Exchange strangers for better strangers while that serves more; what is shared stays."""
    now = float(measure_worth([stack], [sites])[0, 0])
    for _ in range(_MAX_MOVES):
        bases = [sites, *(_drop(sites, site) for site in sites if site not in start)]
        moves = [move for base in bases if (move := _find_stranger(stack, base, start, limits))]
        if not moves or max(moves)[0] <= now * (1.0 + _ROUNDING):
            break
        now, sites = max(moves)
    return sites


def _search(
    stack: Stack,
    choices: tuple[tuple[int, ...], tuple[int, ...]],
    floor: float,
    limits: Limits,
    time_limit_s: float,
) -> tuple[tuple[int, ...], int, Status]:
    """Fewest shared sites by HiGHS; not worse than the second choice given."""
    start, known = choices
    n, m = stack.reach.shape
    model = bind_limits(_write_model(stack, start, floor), limits, n)
    first = np.full(n + m, np.nan)
    first[:n] = 0.0
    first[[*known, *limits.fixed]] = 1.0
    outcome = solve_linear(model, start=first, time_limit_s=time_limit_s)
    found = known
    if outcome.values is not None:
        sites = tuple(read_sites(outcome.values, limits, n).tolist())
        enough = measure_worth([stack], [sites])[0, 0] >= floor * (1.0 - 1e-6)
        if enough and len(set(sites) & set(start)) < len(set(known) & set(start)):
            found = sites
    least = int(np.ceil(outcome.bound - 1e-6)) if np.isfinite(outcome.bound) else 0
    return found, max(least, 0), outcome.status


def _write_model(stack: Stack, start: tuple[int, ...], floor: float) -> LinearModel:
    """Columns: sites and groups served. Rows: service, then enough of it."""
    n, m = stack.reach.shape
    scale = 1.0 / floor if floor > 0 else 1.0
    serve = sparse.hstack([-stack.reach.T, sparse.eye(m)])
    weights = stack.weights[:, 0] * scale
    enough = sparse.hstack([sparse.csr_matrix((1, n)), sparse.csr_matrix(weights)])
    worth = np.zeros(n + m)
    worth[list(start)] = 1.0
    return LinearModel(
        worth, sparse.csr_matrix(sparse.vstack([serve, enough])),
        np.r_[np.full(m, -np.inf), float(floor > 0) * (1.0 - _ROUNDING)],
        np.r_[np.zeros(m), np.inf], np.zeros(n + m), np.ones(n + m),
        np.r_[np.ones(n, bool), np.zeros(m, bool)], "least",
    )


def _describe(
    stack: Stack, start: tuple[int, ...], chosen: tuple[int, ...], proof: tuple[int, Status]
) -> Different:
    before, after = measure_worth([stack], [start, chosen])[:, 0].tolist()
    loss = max(before - after, 0.0)
    kept = tuple(sorted(set(start) & set(chosen)))
    return Different(chosen, kept, after, loss, loss / before if before > 0 else 0.0, *proof)
