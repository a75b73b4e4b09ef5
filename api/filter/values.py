"""What is passed between the operations of a filter: values, truths, and the rows in question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.filter.limits import Deadline

Kind = Literal["text", "number", "boolean", "day", "moment", "month", "list", "shape", "interval",
               "items"]
Mask: TypeAlias = "NDArray[np.bool_]"
NAMES: dict[Kind, str] = {
    "text": "text", "number": "a number", "boolean": "true or false", "day": "a day",
    "moment": "a moment", "month": "a month", "list": "a list", "shape": "a geometry",
    "interval": "an interval", "items": "an array",
}


class Source(Protocol):
    """What a filter is asked of: a disclosed layer (`layers.served.Served`)."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    @property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east, north of each row; NaN without geometry."""

    def column(self, name: str) -> pa.Array:
        """Values of one column, or the ids."""

    def shapes(self, rows: NDArray[np.intp] | None = None) -> NDArray[np.object_]:
        """Geometries of some rows, in longitude and latitude."""


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of a source, of which a filter is asked at once."""

    source: Source
    start: int
    stop: int
    deadline: Deadline
    kept: dict[str, Values] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many rows these are."""
        return self.stop - self.start

    @property
    def bounds(self) -> NDArray[np.float64]:
        """Bounds of these rows."""
        return self.source.bounds[self.start : self.stop]

    def shapes(self, rows: NDArray[np.intp]) -> NDArray[np.object_]:
        """Geometries of some of these rows."""
        return self.source.shapes(rows + self.start)

    def column(self, name: str, read: Callable[[pa.Array], Values]) -> Values:
        """Values of a column in these rows, read once."""
        if name not in self.kept:
            whole = self.source.column(name)
            self.kept[name] = read(whole.slice(self.start, self.count))
        return self.kept[name]


@dataclass(frozen=True, eq=False)
class Values:
    """Values of some rows, or one for all of them.

    Attributes
    ----------
    data : array or scalar
        Text as an Arrow array or str, numbers as int64 or float64, instants and ends of
        intervals as int64 microseconds.
    known : bool array or bool
        Where there is a value at all.
    """

    data: Any
    known: Any = True


@dataclass(frozen=True, eq=False)
class Truth:
    """Three-valued truth of some rows: what is neither true nor false is unknown."""

    yes: Mask
    no: Mask


Read: TypeAlias = Callable[[Block], Values]
Judge: TypeAlias = Callable[[Block, "NDArray[np.bool_]"], Truth]


@dataclass(frozen=True, eq=False)
class Operand:
    """Something that has a value in each row.

    Attributes
    ----------
    kind : str
    read : callable
        Gives the values of a block.
    constant : value or None
        What it is in every row, where that is known beforehand.
    """

    kind: Kind
    read: Read
    constant: Any = None


@dataclass(frozen=True, eq=False)
class Term:
    """Something that holds or not in each row.

    Attributes
    ----------
    judge : callable
        Takes a block and the rows whose truth matters; elsewhere it may say anything.
    is_costly : bool
        Whether it is better asked last, of the rows that are left.
    """

    judge: Judge
    is_costly: bool = False


Bound: TypeAlias = Operand | Term


def spread(values: Any, count: int) -> Mask:  # noqa: ANN401 - a scalar or an array
    """One truth for each row, of an array or of one value for all.

    Examples
    --------
    >>> spread(True, 2).tolist()
    [True, True]
    """
    return np.broadcast_to(np.asarray(values, dtype=bool), (count,))


def make_truth(holds: Any, known: Any, count: int) -> Truth:  # noqa: ANN401 - scalars or arrays
    """Truth of what holds, where it is known."""
    holds, known = spread(holds, count), spread(known, count)
    return Truth(holds & known, ~holds & known)


def make_constant(kind: Kind, value: Any) -> Operand:  # noqa: ANN401 - of any kind
    """Return an operand that is the same in every row."""
    values = Values(value)
    return Operand(kind, lambda _block: values, value)


def take_term(bound: Bound) -> Term:
    """What may stand beside AND, OR and NOT: a predicate, or something true or false."""
    if isinstance(bound, Term):
        return bound
    if bound.kind != "boolean":
        raise ParameterError(f"The filter uses {NAMES[bound.kind]} where it needs a condition.")

    def judge(block: Block, _needed: Mask) -> Truth:
        values = bound.read(block)
        return make_truth(values.data, values.known, block.count)

    return Term(judge)


def take_operand(bound: Bound) -> Operand:
    """What may stand beside a comparison; a predicate is true or false there."""
    if isinstance(bound, Operand):
        return bound

    def read(block: Block) -> Values:
        truth = bound.judge(block, spread(values=True, count=block.count))
        return Values(truth.yes, truth.yes | truth.no)

    return Operand("boolean", read)


def find_known(array: pa.Array) -> Any:  # noqa: ANN401 - an array, or True for all
    """Where an Arrow array has values."""
    return True if array.null_count == 0 else to_mask(array.is_valid())


def to_mask(array: pa.BooleanArray) -> Mask:
    """Arrow truths as NumPy's; unknown ones are false."""
    filled = array if array.null_count == 0 else pc.fill_null(array, False)  # noqa: FBT003 - Arrow's
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=bool)
