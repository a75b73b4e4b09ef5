"""What can go wrong, as one tree.

::

    GeoriskError
    ├── InputError        the input or the call is at fault: exit 2
    │   ├── SpecError         a layer's description (TOML) is wrong
    │   ├── LayerError        a layer is unusable; carries every fault found
    │   ├── StudyError        study.toml or the parameter file is wrong
    │   ├── CallError         an option or a name that does not exist
    │   ├── NoSnapshotError   nothing was published yet
    │   └── NotShownError     this audience may not see it: to a reader, it does not exist
    └── BrokenError       our own fault: exit 1
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

REMOVED = "[removed]"


class GeoriskError(Exception):
    """Anything georisk raises on purpose."""

    exit_code = 1


class InputError(GeoriskError):
    """The input or the call is at fault; the message says what, where and what to do."""

    exit_code = 2


class SpecError(InputError):
    """A layer description is wrong."""


class StudyError(InputError):
    """The study file or its parameter file is wrong."""


class CallError(InputError):
    """A command, an option or a name that does not exist."""


class NoSnapshotError(InputError):
    """No snapshot was published yet, or it cannot be opened."""


class NotShownError(InputError):
    """The audience may not see this; for it, it does not exist."""


class BrokenError(GeoriskError):
    """A promise of our own code does not hold."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one cell, row or layer of a source.

    Attributes
    ----------
    layer, source : str
        Name of the layer, and of the file it came from (without its folder).
    row : int or None
        Number of the record as its own program shows it: the row of a spreadsheet or CSV, header
        included, else counted from 1. None where the whole layer is at fault.
    id, column, value : str
        Where in the record, and what stands there. Personal columns and free text read
        ``[removed]``.
    reason, suggestion : str
        What is wrong, and what to do or what was probably meant.
    fix : tuple of (str, str)
        Columns and the values that would make the suggestion true; empty where there is none.
    confidence : float
        How sure the fix is, 0 to 1.

    Examples
    --------
    >>> print(Fault("shelters", "s.csv", 3, "gt-ex-1", "lat", "195.2", "latitude above 90"))
    shelters, s.csv, record 3, id gt-ex-1, lat = 195.2: latitude above 90
    """

    layer: str
    source: str
    row: int | None
    id: str
    column: str
    value: str
    reason: str
    suggestion: str = ""
    fix: tuple[tuple[str, str], ...] = ()
    confidence: float = 0.0

    def __str__(self) -> str:
        """One line a field office can act on."""
        where = [self.layer]
        if self.source:
            where.append(self.source)
        if self.row is not None:
            where.append(f"record {self.row}")
        if self.id:
            where.append(f"id {self.id}")
        if self.column:
            where.append(f"{self.column} = {self.value}" if self.value else self.column)
        tail = f" ({self.suggestion})" if self.suggestion else ""
        return f"{', '.join(where)}: {self.reason}{tail}"

    def as_dict(self) -> dict[str, Any]:
        """Fields that ``check --json`` prints."""
        fields = asdict(self)
        fields.pop("layer")
        fields.pop("fix")
        if not self.fix:
            fields.pop("confidence")
        return fields


class LayerError(InputError):
    """One or more layers cannot be used; every fault found is in ``faults``."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))
