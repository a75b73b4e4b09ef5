"""A filter made ready for one collection, and the rows of a layer that it selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from api.asking.crs import CRS84
from api.filter.binding import Scope, bind_node
from api.filter.columns import list_queryables
from api.filter.drafts import settle_literals
from api.filter.limits import WITHIN_S, start_deadline
from api.filter.values import Block, Source, Term, spread, take_term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.filter.tree import Tree
    from layers.spec import LayerSpec

__all__ = ["Filter", "Source", "compile_filter"]
_ROWS = 65_536


@dataclass(frozen=True, eq=False)
class Filter:
    """A filter whose every property, type and geometry has been checked.

    Attributes
    ----------
    term : Term
    """

    term: Term

    def select(self, source: Source, *, within_s: float = WITHIN_S) -> NDArray[np.bool_]:
        """Say of each row whether the filter holds; where that is unknown it does not.

        Parameters
        ----------
        source : Source
            A disclosed layer of the spec that the filter was compiled for.
        within_s : float
            Seconds to answer in.

        Raises
        ------
        TooComplexError
            If they do not suffice; checked between terms and blocks of rows.
        """
        deadline = start_deadline(within_s)
        found = np.zeros(source.count, dtype=bool)
        for start in range(0, source.count, _ROWS):
            deadline.check()
            stop = min(start + _ROWS, source.count)
            block = Block(source, start, stop, deadline)
            found[start:stop] = self.term.judge(block, spread(values=True, count=block.count)).yes
        return found


def compile_filter(tree: Tree, *, spec: LayerSpec, crs: str = CRS84) -> Filter:
    """Check a filter against a collection and make it ready to be asked.

    Parameters
    ----------
    tree : Tree
    spec : LayerSpec
        As disclosed: its columns, its id and its geometry (``geom`` or ``geometry``) can be
        asked for, and nothing else.
    crs : str
        Reference system of the geometries in the filter, axes in its own order.

    Raises
    ------
    ParameterError
        For an unknown property, kinds that do not fit or a geometry that is none.

    Examples
    --------
    >>> from api.filter.tree import read_filter
    >>> from layers.catalog import find_spec
    >>> tree = read_filter("risk_score > 7 AND S_INTERSECTS(geom, BBOX(-93,14,-92,15))",
    ...                    language="cql2-text")
    >>> compile_filter(tree, spec=find_spec("segments")).term.is_costly
    True
    """
    queryables = list_queryables(spec)
    root = settle_literals(tree.root, queryables) if tree.is_draft else tree.root
    return Filter(take_term(bind_node(root, Scope(queryables, crs))))
