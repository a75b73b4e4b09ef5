"""Why a report is not taken: what is wrong is named, what was sent is never repeated."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.errors import UnprocessableError
from api.reports.vocabulary import must_be_referred

if TYPE_CHECKING:
    from collections.abc import Iterator

REFER = (
    "Refer, do not record: sexual violence and children alone are not reported here. Bring the "
    "person, or whoever knows of it, to the referral service that your protocol names; nothing "
    "of this was kept."
)
# Members of a report, and those that others' files often have; any other name may be data itself.
_NAMED = frozenset((
    "line", "place_id", "status", "date", "checksum", "synthetic", "class", "dead", "missing",
    "injured", "type", "geometry", "coordinates", "properties", "geometry.bbox", "geometry.crs",
    "id", "bbox", "crs", "features", "name", "note", "notes", "comment", "description", "phone",
    "lon", "lat",
))


def refuse(member: str, advice: str) -> UnprocessableError:
    """Make the refusal of one member, by its name if that is one of ours.

    Examples
    --------
    >>> print(refuse("status", "one of OPEN"))
    Member "status": one of OPEN.
    >>> print(refuse("AnaP55501234", "not known"))
    A member whose name is not repeated: not known.
    """
    named = f'Member "{member}"' if member in _NAMED else "A member whose name is not repeated"
    return UnprocessableError(f"{named}: {advice}.")


@contextmanager
def refer_topics(text: str) -> Iterator[None]:
    """Answer `REFER` to whatever is refused and speaks of what must be referred.

    What is not refused holds no word but those of the vocabulary, and an id, which
    `api.reports.line.check_place` looks into.

    Raises
    ------
    UnprocessableError
    """
    try:
        yield
    except UnprocessableError:
        if must_be_referred(text):
            raise UnprocessableError(REFER) from None
        raise
