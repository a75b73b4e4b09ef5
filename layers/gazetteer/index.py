"""Find the gazetteer's places in what a record says of its place.

The text is used in memory only: what comes out is rows of the gazetteer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.gazetteer.names import APOSTROPHES, drop_article, fold_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.gazetteer.world import Gazetteer

LONGEST_NAME, SHORTEST_NAME, MOST_HOMONYMS = 5, 3, 12
MOST_MISSPELT_WORDS, SHORTEST_MISSPELT, LEAST_LIKENESS = 2, 5, 88.0
MATCH_COLUMNS = ["text", "place", "first", "words"]
_TOKEN = re.compile(rf"[^\W_]+(?:[{APOSTROPHES}][^\W_]+)*")
# Capitalised words of a description that are towns somewhere, but not here.
PLAIN_WORDS = frozenset((
    "sahara", "desert", "desierto", "unspecified", "location", "border", "frontier", "highway",
    "road", "ranch", "rancho", "river", "near", "north", "south", "east", "west", "northern",
    "southern", "eastern", "western", "central", "coast", "strait", "ocean", "gulf", "bay",
    "beach", "port", "harbour", "hospital", "police", "station", "train", "tracks",
    "international", "waters", "between", "found", "bodies", "body", "remains", "boat",
    "island", "islands", "national", "park", "county", "country", "district", "province",
    "governorate", "region", "state", "city", "town", "village", "municipality", "office",
    "medical", "examiner", "jurisdiction", "sector", "mediterranean", "english", "channel",
    "atlantic", "pacific", "caribbean", "bridge", "canal", "mount", "mountain", "valley",
    "creek", "lake", "forest", "camp", "refugee", "shore", "outskirts", "unknown", "exact",
    "several", "possibly", "military", "street", "avenue", "route", "carretera", "rio", "mar",
    "norte", "este", "oeste", "centro", "puente", "estado", "municipio", "pais", "kilometer",
    "kilometre", "miles", "mile", "close", "after", "while", "killed", "died", "found",
    "entering", "leaving", "airport", "market", "farm", "land", "american", "mexican",
    "libyan", "turkish", "greek", "spanish", "syrian", "iranian", "egyptian", "sudanese",
    "tunisian", "moroccan", "mission", "hope", "most", "many", "some", "more", "area", "point",
    "white", "black", "green", "blue", "grand", "great", "little", "big", "new", "old", "los",
    "las", "san", "del", "den", "der", "van", "von", "the", "off", "and", "usa", "uae", "bab",
    "bir", "ain", "tal", "abu", "ras", "deir", "wad", "aegean", "alboran", "interior",
    "capital", "ruta", "autopista", "playa", "cerca", "costa", "frontera", "dead", "died",
))  # fmt: skip


@lru_cache(maxsize=4)
def _list_names(gazetteer: Gazetteer) -> pd.DataFrame:
    """Every folded name, ``key``, of every ``place``."""
    from layers.gazetteer.world import FOLDER

    names = gazetteer.places["name"]
    plain = names.str.fullmatch(r"[A-Za-z0-9 ]+", na=False).to_numpy()
    keys = names.str.lower().to_numpy(dtype=object, copy=True)
    keys[~plain] = [fold_words(name) for name in names[~plain]]
    own = pd.DataFrame({"key": keys, "place": np.arange(len(names))})
    divisions = own.iloc[gazetteer.first_division:]
    bare = divisions.assign(key=divisions["key"].map(drop_article))
    aliases = pd.read_parquet(FOLDER / "aliases.parquet").rename(columns={"town": "place"})
    frame = pd.concat([own, bare[bare["key"] != ""], aliases], ignore_index=True)
    frame["country"] = gazetteer.places["country"].to_numpy()[frame["place"]]
    return frame


def match_names(
    texts: pd.Series, countries: pd.Series, *, gazetteer: Gazetteer
) -> pd.DataFrame:
    """Places of each record's own country, or of one it names, that its text names.

    Parameters
    ----------
    texts : Series of str
        What records say of their places.
    countries : Series of str
        Two-letter codes of their countries, same index; empty where unknown.

    Returns
    -------
    DataFrame
        ``text`` (position in the series), ``place`` (row of the gazetteer's places), ``first``
        and ``words`` (where in the text, and how many words). The longest name wins.

    Examples
    --------
    >>> from layers.gazetteer import load_gazetteer
    >>> world = load_gazetteer()
    >>> found = match_names(pd.Series(["On the bus to Nuevo Laredo"]), pd.Series(["MX"]),
    ...                     gazetteer=world)
    >>> world.places.loc[found["place"], "name"].unique().tolist()
    ['Nuevo Laredo']
    """
    runs = match_runs(texts, codes=frozenset(gazetteer.codes))
    if not len(runs):
        return pd.DataFrame(columns=MATCH_COLUMNS)
    named = runs[runs["key"].isin(gazetteer.codes.keys())]
    own = pd.DataFrame({"text": np.arange(len(texts)), "country": countries.to_numpy()})
    mentioned = pd.DataFrame({"text": named["text"], "country": named["key"].map(gazetteer.codes)})
    allowed = pd.concat([own[own["country"] != ""], mentioned]).drop_duplicates()
    rest = runs[~runs["key"].isin(gazetteer.codes.keys())]
    names = _list_names(gazetteer)
    names = names[names["key"].isin(rest["key"].unique())]
    found = rest.merge(names, on="key").merge(allowed, on=["text", "country"])
    unmatched = rest[~rest["text"].isin(found["text"])].merge(allowed, on="text")
    found = pd.concat([found, _match_spellings(unmatched, _list_names(gazetteer))])
    found = found.drop_duplicates(["text", "place", "first"])
    return _keep_longest(found, gazetteer)


def _match_spellings(unmatched: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Names that differ by a letter or two, for texts that name no place as it is written."""
    from rapidfuzz import fuzz, process

    unmatched = unmatched[(unmatched["words"] <= MOST_MISSPELT_WORDS)
                          & (unmatched["key"].str.len() >= SHORTEST_MISSPELT)]
    known = names[names["country"].isin(unmatched["country"])]
    pairs = []
    for country, group in unmatched.groupby("country"):
        keys = known.loc[known["country"] == country, "key"].drop_duplicates().tolist()
        for key in sorted(group["key"].unique()):
            best = process.extractOne(key, keys, scorer=fuzz.ratio, score_cutoff=LEAST_LIKENESS)
            if best:
                pairs.append((country, key, best[0]))
    spelt = pd.DataFrame(pairs, columns=["country", "key", "meant"], dtype=object)
    found = unmatched.merge(spelt, on=["country", "key"])
    known = known.rename(columns={"key": "meant"})
    return found.merge(known, on=["country", "meant"])[["text", "key", "first", "words", "place",
                                                        "country"]]


def _keep_longest(found: pd.DataFrame, gazetteer: Gazetteer) -> pd.DataFrame:
    """Drop names inside longer ones, and all but the largest of many homonyms."""
    spans = found[["text", "first", "words"]].drop_duplicates()
    pairs = spans.merge(spans, on="text", suffixes=("", "_by"))
    inside = (
        (pairs["first_by"] <= pairs["first"])
        & (pairs["first_by"] + pairs["words_by"] >= pairs["first"] + pairs["words"])
        & (pairs["words_by"] > pairs["words"])
    )
    covered = pairs.loc[inside, ["text", "first", "words"]].drop_duplicates().assign(covered=True)
    found = found.merge(covered, on=["text", "first", "words"], how="left")
    found = found[found["covered"].isna()]
    size = gazetteer.places["radius_km"].to_numpy()[found["place"].to_numpy(dtype=int)]
    found = found.assign(size=size).sort_values(
        ["text", "first", "size", "place"], ascending=[True, True, False, True], kind="stable"
    )
    found = found[found.groupby(["text", "first"]).cumcount() < MOST_HOMONYMS]
    return found[MATCH_COLUMNS].reset_index(drop=True)


def match_runs(texts: pd.Series, *, codes: frozenset[str]) -> pd.DataFrame:
    """Runs of up to five words that could be names: ``text key first words``.

    A run begins with a capital or follows an article; a single plain word of a description
    ("Desert", "Bridge") is none. Names of countries, ``codes``, are kept whole.
    """
    cache: dict[str, list[tuple[str, int, int]]] = {}
    rows = []
    for number, text in enumerate(texts.tolist()):
        if text not in cache:
            cache[text] = list(_list_runs(text, codes))
        rows += [(number, *run) for run in cache[text]]
    return pd.DataFrame(rows, columns=["text", "key", "first", "words"])


def _list_runs(text: str, codes: frozenset[str]) -> Iterator[tuple[str, int, int]]:
    tokens = _TOKEN.findall(text)[:80]
    keys = [fold_words(token) for token in tokens]
    capital = [token[0].isupper() or token[0].isdigit() for token in tokens]
    if text.islower() or text.isupper():
        capital = [True] * len(tokens)
    for first in range(len(tokens)):
        if not capital[first] or not keys[first]:
            continue
        for words in range(1, min(LONGEST_NAME, len(tokens) - first) + 1):
            if not capital[first + words - 1]:
                continue
            key = " ".join(keys[first:first + words])
            plain = all(part in PLAIN_WORDS for part in key.split())
            if key in codes or (len(key) >= SHORTEST_NAME and not plain):
                yield key, first, words
