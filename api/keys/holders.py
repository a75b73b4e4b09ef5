"""Who asks: an audience, and the key that opened it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layers.spec import Audience


@dataclass(frozen=True)
class Holder:
    """Who asks.

    Attributes
    ----------
    audience : Audience
        Whose eyes the answer is for.
    key_id : str
        Public part of the key; empty without one.
    name : str
        Of the office that holds the key.
    """

    audience: Audience = "public"
    key_id: str = ""
    name: str = ""
