"""Towns on corridors: which one is meant."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING

from layers.errors import CallError

if TYPE_CHECKING:
    import pandas as pd

_SHOWN, _NEAR, _MOST = 60, 3, 12


def find_town(along: pd.DataFrame, name: str, *, option: str = "") -> str:
    """Name of the one town on corridors that is meant.

    Parameters
    ----------
    along : DataFrame
        Layer ``along``; stops are read.
    option : str
        That the message names, if any.

    Raises
    ------
    CallError
        If several fit, with the list; if none does, with the nearest spellings.

    Examples
    --------
    >>> import pandas as pd
    >>> along = pd.DataFrame({"kind": "stop", "ref": ["Necoclí", "San José", "San Blas"]})
    >>> find_town(along, "necocli")
    'Necoclí'
    """
    asked = f"{option} {name[:_SHOWN]!r}".strip()
    towns = sorted(along.loc[along["kind"] == "stop", "ref"].astype(str).unique())
    wanted = fold_name(name)
    exact = [town for town in towns if fold_name(town) == wanted]
    begun = [town for town in towns if wanted and _begins(fold_name(town), wanted)]
    found = exact or begun or [town for town in towns if wanted and wanted in fold_name(town)]
    if len(found) > 1:
        more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
        raise CallError(f"{asked} could be: {', '.join(found[:_MOST])}{more}; "
                        "write one of them in full")
    if not found:
        keys = {fold_name(town): town for town in towns}
        near = difflib.get_close_matches(wanted, list(keys), n=_NEAR, cutoff=0.0)
        raise CallError(f"{asked}: no town of that name on a corridor; "
                        f"nearest in spelling: {', '.join(keys[key] for key in near) or 'none'}. "
                        "`georisk list legs` names them all")
    return str(found[0])


def fold_name(text: str) -> str:
    """Lower case without accents.

    Examples
    --------
    >>> fold_name(" Huehuetán")
    'huehuetan'
    """
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).lower().strip()


def _begins(town: str, wanted: str) -> bool:
    return bool(town.startswith((wanted + " ", wanted + ",")))
