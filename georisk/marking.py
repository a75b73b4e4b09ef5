"""What stands on everything that leaves: for whom it is, who holds it, until when."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from georisk.doors import Door

_DAYS_VALID = 90
_UNNAMED = "holder not named"


@dataclass(frozen=True)
class Marking:
    """Audience, holder and expiry of one artefact.

    Examples
    --------
    >>> import datetime as dt
    >>> Marking("restricted", "Ana P.", dt.date(2027, 1, 1), "r1", True).name("overview")
    'overview.restricted.ana-p.until-2027-01-01'
    >>> Marking("public", "", dt.date(2027, 1, 1), "r1", True).name("overview")
    'overview'
    """

    audience: str
    holder: str
    expires: dt.date
    run_id: str
    synthetic: bool
    parameters_sha256: str = ""

    @classmethod
    def of(cls, door: Door, *, holder: str) -> Marking:
        """Marking for what a door gives out today."""
        return cls(door.audience, holder.strip() or _UNNAMED, _find_expiry(door.today),
                   door.run_id, door.synthetic, door.parameters_sha256)

    @classmethod
    def restrict(
        cls, today: dt.date, *, holder: str, synthetic: bool, parameters_sha256: str = ""
    ) -> Marking:
        """Marking for what a planner's command writes beside a snapshot, today.

        Examples
        --------
        >>> import datetime as dt
        >>> Marking.restrict(dt.date(2026, 1, 1), holder=" ", synthetic=True).name("surge")
        'surge.restricted.holder-not-named.until-2026-04-01'
        """
        return cls("restricted", holder.strip() or _UNNAMED, _find_expiry(today), "", synthetic,
                   parameters_sha256)

    def name(self, stem: str) -> str:
        """File name without suffix; what is not public says so.

        Examples
        --------
        >>> import datetime as dt
        >>> day = dt.date(2026, 1, 1)
        >>> Marking.restrict(day, holder="Alcaldía", synthetic=False).name("site")
        'site.restricted.alcaldia.until-2026-04-01'
        """
        if self.audience == "public":
            return stem
        plain = unicodedata.normalize("NFKD", self.holder).encode("ascii", "ignore").decode()
        holder = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "named-inside"
        return f"{stem}.{self.audience}.{holder}.until-{self.expires}"

    def as_text(self) -> dict[str, str]:
        """Fields to write into a file."""
        fields = {"audience": self.audience, "run_id": self.run_id,
                  "synthetic": "true" if self.synthetic else "false"}
        if self.parameters_sha256:
            fields["parameters_sha256"] = self.parameters_sha256
        if self.audience != "public":
            fields |= {"holder": self.holder, "expires": self.expires.isoformat()}
        return fields


def _find_expiry(today: dt.date) -> dt.date:
    return today + dt.timedelta(days=_DAYS_VALID)
