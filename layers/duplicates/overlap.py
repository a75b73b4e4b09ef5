"""How many events two registers together have missed: a hint, from how far they overlap."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Estimate:
    """A total with its 90 % interval; ``known`` is how many events the registers hold."""

    total: float
    low: float
    high: float
    known: int


def estimate_total(n_a: int, n_b: int, n_both: int) -> Estimate:
    """Estimate how many events happened, from two registers that share some (Chapman).

    Holds if both registers tell of one population and being in one says nothing about being in
    the other. Registers that copy from the same newspapers overlap more: then the total is too
    low. Print it as a hint of undercount, never as a count.

    Parameters
    ----------
    n_a, n_b : int
        Events in either register.
    n_both : int
        Events that stand in both.

    Returns
    -------
    Estimate
        The interval is log-normal in the number unseen, so it never falls below ``known``.

    Raises
    ------
    ValueError
        If a number is negative or more events are shared than either register holds.

    References
    ----------
    Chapman, D. G. (1951). Some properties of the hypergeometric distribution with applications
    to zoological sample censuses. University of California Publications in Statistics 1, 131-160.
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal
    catchability. Biometrics 43, 783-791.

    Examples
    --------
    >>> found = estimate_total(9, 9, 4)
    >>> found.total, found.known
    (19.0, 14)
    """
    if min(n_a, n_b, n_both) < 0 or n_both > min(n_a, n_b):
        raise ValueError(
            f"{n_both} shared events do not fit registers of {n_a} and {n_b}: count again"
        )
    known = n_a + n_b - n_both
    total = (n_a + 1) * (n_b + 1) / (n_both + 1) - 1
    unseen = total - known
    if unseen <= 0:
        return Estimate(total, float(known), float(known), known)
    variance = ((n_a + 1) * (n_b + 1) * (n_a - n_both) * (n_b - n_both)
                / ((n_both + 1) ** 2 * (n_both + 2)))
    spread = math.exp(_Z90 * math.sqrt(math.log1p(variance / unseen**2)))
    return Estimate(total, known + unseen / spread, known + unseen * spread, known)
