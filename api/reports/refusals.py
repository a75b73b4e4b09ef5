"""Why a report is not taken: what is wrong is named, what was sent is never repeated."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.errors import UnprocessableError
from api.reports.vocabulary import must_be_referred

if TYPE_CHECKING:
    from collections.abc import Iterator

REFER = (
    "refer, do not record: sexual violence and children alone are not reported here. Bring the "
    "person, or whoever knows of it, to the referral service that your protocol names; nothing "
    "of this was kept."
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")


def refuse(member: str, advice: str) -> UnprocessableError:
    """Make the refusal of one member; a name that is no plain word may be data itself.

    Examples
    --------
    >>> print(refuse("status", "one of OPEN"))
    member "status": one of OPEN
    >>> print(refuse("Ana P., 55501234", "not known"))
    a member whose name is no plain word: not known
    """
    named = f'member "{member}"' if _PLAIN.fullmatch(member) else (
        "a member whose name is no plain word")
    return UnprocessableError(f"{named}: {advice}")


@contextmanager
def refer_topics(text: str) -> Iterator[None]:
    """Answer `REFER` to whatever is refused and speaks of what must be referred.

    What is not refused holds no word but those of the vocabulary, and an id.

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
