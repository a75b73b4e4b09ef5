"""What a record says of its country and place, as rows of the gazetteer."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.gazetteer.index import match_names
from layers.sources import COUNTRY, PLACE

if TYPE_CHECKING:
    from layers.gazetteer import Gazetteer


@dataclass(frozen=True, eq=False)
class Stated:
    """What records say of where they are, in the order of the rows.

    Attributes
    ----------
    code : array of str
        ISO code of the stated country; empty where none is stated or it is unknown.
    text : Series of str
        The stated place, in memory only; positions 0 to n - 1.
    matches : DataFrame
        See `layers.gazetteer.match_names`.
    """

    code: np.ndarray
    text: pd.Series
    matches: pd.DataFrame


def read_stated(stated: pd.DataFrame, *, gazetteer: Gazetteer) -> Stated:
    """Understand the aside columns ``_country`` and ``_place``.

    Examples
    --------
    >>> from layers.gazetteer import load_gazetteer
    >>> frame = pd.DataFrame({"_country": ["Mexico"], "_place": ["Near Tapachula"]})
    >>> read_stated(frame, gazetteer=load_gazetteer()).code.tolist()
    ['MX']
    """
    if not tell_stated(stated).any():
        blank = pd.Series(np.full(len(stated), "", dtype=object))
        return Stated(blank.to_numpy(), blank, _match_pairs(blank[:1], blank[:1], gazetteer))
    country = _take_text(stated, COUNTRY)
    distinct = {name: gazetteer.find_code(html.unescape(name)) for name in country.unique()}
    code = country.map(distinct)
    text = _take_text(stated, PLACE)
    known = {name: html.unescape(name).strip() for name in text.unique()}
    text = text.map(known)
    return Stated(code.to_numpy(dtype=object), text, _match_pairs(text, code, gazetteer))


def _match_pairs(text: pd.Series, code: pd.Series, gazetteer: Gazetteer) -> pd.DataFrame:
    """Match each pair of text and country once, however many rows state it."""
    pairs = pd.DataFrame({"place": text, "code": code})
    number = pairs.groupby(["place", "code"], sort=False).ngroup().to_numpy()
    distinct = pairs.drop_duplicates(ignore_index=True)
    matches = match_names(distinct["place"], distinct["code"], gazetteer=gazetteer)
    rows = pd.DataFrame({"text": number, "row": np.arange(len(number))})
    rows = rows[rows["text"].isin(matches["text"])]
    found = rows.merge(matches, on="text").drop(columns="text").rename(columns={"row": "text"})
    return found.sort_values(["text", "first"], kind="stable", ignore_index=True)


def pick_stated(said: Stated, rows: np.ndarray) -> Stated:
    """What some rows state, numbered anew; ``rows`` are sorted positions.

    Examples
    --------
    >>> from layers.gazetteer import load_gazetteer
    >>> frame = pd.DataFrame({"_country": ["MX", "HN"], "_place": ["Tapachula", "Choloma"]})
    >>> said = read_stated(frame, gazetteer=load_gazetteer())
    >>> pick_stated(said, np.array([1])).code.tolist()
    ['HN']
    """
    if len(rows) == len(said.code):
        return said
    renumbered = pd.Series(np.arange(len(rows)), index=rows)
    matches = said.matches[said.matches["text"].isin(rows)]
    matches = matches.assign(text=renumbered.reindex(matches["text"]).to_numpy(dtype=int))
    return Stated(said.code[rows], said.text.iloc[rows].reset_index(drop=True),
                  matches.reset_index(drop=True))


def tell_stated(stated: pd.DataFrame) -> pd.Series:
    """Which rows state a country or a place at all.

    Examples
    --------
    >>> tell_stated(pd.DataFrame({"_country": ["", "MX"], "_place": ["", None]})).tolist()
    [False, True]
    """
    told = pd.Series(data=False, index=stated.index)
    for column in {COUNTRY, PLACE} & set(stated.columns):
        told |= stated[column].notna() & (stated[column] != "")
    return told


def _take_text(stated: pd.DataFrame, column: str) -> pd.Series:
    if column not in stated:
        return pd.Series([""] * len(stated), dtype=object)
    return stated[column].fillna("").astype(str).astype(object).reset_index(drop=True)
