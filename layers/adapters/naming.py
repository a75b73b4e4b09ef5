"""Which column of a file is which column of a layer: by the study's word, by name, by alias."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from layers.errors import REMOVED
from layers.readers.headers import fold_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layers.spec import LayerSpec

NAMES_FILE = Path(__file__).parent / "names.toml"
LANGUAGES = ("any", "en", "es", "fr", "ht")
POSITIONS = ("_lat_lon", "_lon_lat", "_wkt")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PARTS = re.compile(r"\s*[/|\n]\s*|\s+[-–—]\s+")  # noqa: RUF001 - dashes as people type them
# Only georisk itself fills these: the gazetteer, and the merging of records.
_OURS = frozenset({"stated_place", "merged_ids"})
OTHER_HEADING = "[other heading]"
_WORD = re.compile(r"[^\W\d_]+")
_MAX_SHOWN, _MAX_LENGTH, _MAX_DIGITS, _MAX_HEADING = 20, 60, 4, 200


@dataclass(frozen=True)
class Claims:
    """Which heading fills which column.

    Attributes
    ----------
    taken : mapping
        Column of the layer, or a name beginning with "_" of ``names.toml``, to the heading.
    places : tuple of str
        Headings that together say where, in the file's order (used for checks only).
    unused : tuple of str
        Headings that fill nothing.
    """

    taken: Mapping[str, str]
    places: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """What one column is called: folded headings by language, and HXL tag patterns."""

    words: Mapping[str, tuple[str, ...]]
    hxl: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def _read_table() -> Mapping[str, Any]:
    return MappingProxyType(tomllib.loads(NAMES_FILE.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def load_names() -> Mapping[str, Names]:
    """Read the table of headings.

    Examples
    --------
    >>> load_names()["lat"].words["es"][0]
    'latitud'
    """
    table = _read_table()["columns"]
    return MappingProxyType({
        column: Names(
            MappingProxyType({k: tuple(entry[k]) for k in LANGUAGES if k in entry}),
            tuple(entry.get("hxl", ())),
        )
        for column, entry in table.items()
    })


def list_targets(spec: LayerSpec) -> tuple[str, ...]:
    """Everything that a file can fill for a layer, its own columns first.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> list_targets(find_spec("activity"))[:3]
    ('activity_row', 'place_id', 'month')
    """
    own = (spec.id, *(name for name in spec.columns if name not in _OURS))
    aside: tuple[str, ...] = ()
    if spec.geometry in {"Point", "Geometry"}:
        own = (*own, "lon", "lat")
        aside = ("_lat_lon", "_lon_lat")
    if spec.geometry != "none":
        aside = (*aside, "_wkt")
        aside += ("_country",) if "country" not in spec.columns else ()
        aside += ("_place",) if not {"name", "town", "from_place"} & set(spec.columns) else ()
    if "class" in spec.columns:
        aside = (*aside, "_cause")
    return (*own, *aside)


@lru_cache(maxsize=64)
def _index_aliases(targets: tuple[str, ...]) -> Mapping[str, str]:
    """Folded heading to column; a layer's own columns come before what is used on the way in."""
    found: dict[str, str] = {}
    for column in targets:
        names = load_names().get(column)
        for words in names.words.values() if names else ():
            for word in words:
                found.setdefault(word, column)
    return MappingProxyType(found)


def list_known(spec: LayerSpec) -> frozenset[str]:
    """Folded headings that mark a header row of a table for this layer."""
    targets = list_targets(spec)
    return frozenset(_index_aliases(targets)) | {t for t in targets if not t.startswith("_")}


def guess_column(heading: str, spec: LayerSpec) -> str:
    """Column that a heading stands for by alias; empty if none, or if its parts disagree.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> spec = find_spec("shelters")
    >>> guess_column("Capacidad (personas)", spec), guess_column("Nom / Nombre", spec)
    ('capacity', 'name')
    >>> guess_column("¿Dónde? País", spec), guess_column("Contacto Nombre", spec)
    ('country', '')
    """
    targets = list_targets(spec)
    aliases = _index_aliases(targets)
    own = {t: t for t in targets if not t.startswith("_")}
    bare = _BRACKETS.sub(" ", heading[:_MAX_HEADING])
    for key in (fold_name(heading[:_MAX_HEADING]), fold_name(bare), _drop_group(fold_name(bare))):
        if key in own or key in aliases:
            return own.get(key) or aliases[key]
    keys = [fold_name(part) for part in _PARTS.split(bare)]
    columns = {own.get(key) or aliases.get(key, "") for key in keys if key} - {""}
    return columns.pop() if len(columns) == 1 else ""


def _drop_group(key: str) -> str:
    groups = sorted(_read_table()["groups"], key=len, reverse=True)
    found = next((group for group in groups if key.startswith(f"{group}_")), "")
    return key[len(found) + 1:] if found else key


def claim_columns(
    headings: Sequence[str], spec: LayerSpec, stated: Mapping[str, str]
) -> Claims:
    """Decide which heading fills which column; nothing is guessed.

    The study's word comes first, then a heading that is the column's own name, then the aliases
    of ``names.toml``. Two headings with the same right to a column are an error.

    Raises
    ------
    ValueError
        If two headings claim a column, or the study names a heading or column that is not there.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> claims = claim_columns(["Nombre", "Capacidad", "Notas"], find_spec("shelters"), {})
    >>> dict(claims.taken), claims.unused
    ({'name': 'Nombre', 'capacity': 'Capacidad'}, ('Notas',))
    """
    targets = list_targets(spec)
    taken = _take_stated(headings, targets, stated)
    free = [h for h in headings if h not in taken.values()]
    folded = {h: fold_name(h) for h in free}
    own = {t for t in targets if not t.startswith("_")}
    exact = {h: key for h, key in folded.items() if key in own}
    taken = _add_claims(taken, exact, free)
    aliased = {h: guess_column(h, spec) for h in free if h not in exact}
    places = tuple(h for h, column in aliased.items() if column == "_place")
    aliased = {h: c for h, c in aliased.items() if c and c != "_place"}
    taken = _add_claims(taken, aliased, free)
    taken = _drop_spare_positions(taken)
    used = {*taken.values(), *places}
    return Claims(taken, places, tuple(h for h in headings if h not in used))


def _take_stated(
    headings: Sequence[str], targets: tuple[str, ...], stated: Mapping[str, str]
) -> dict[str, str]:
    by_fold: dict[str, list[str]] = {}
    for heading in headings:
        by_fold.setdefault(fold_name(heading), []).append(heading)
    taken = {}
    for column, name in stated.items():
        target = column if column in targets else f"_{column}"
        if target not in targets:
            raise ValueError(f"columns: the layer has no column {column!r}")
        same = [name] if name in headings else by_fold.get(fold_name(name), [])
        if len(same) != 1:
            reason = "several columns have that name" if same else "the file has no such column"
            shown = show_headings(headings)
            raise ValueError(f"columns: {column} = {name!r}: {reason}; it has: {shown}")
        taken[target] = same[0]
    if "lat" in taken and taken.get("lon") == taken["lat"]:
        taken["_lat_lon"] = taken.pop("lat")
        taken.pop("lon")
    return taken


def _add_claims(
    taken: Mapping[str, str], claims: Mapping[str, str], order: Sequence[str]
) -> dict[str, str]:
    wanted: dict[str, list[str]] = {}
    for heading in order:
        if heading in claims and claims[heading] not in taken:
            wanted.setdefault(claims[heading], []).append(heading)
    for column, several in wanted.items():
        # The country beside a record serves a check alone: its first spelling is enough.
        if len(several) > 1 and column != "_country":
            names = " and ".join(repr(mask_heading(h)) for h in several)
            raise ValueError(
                f"columns {names} both stand for {column.removeprefix('_')}: say which one in the "
                f'study, columns = {{ {column.removeprefix("_")} = "..." }}'
            )
    return {**taken, **{column: several[0] for column, several in wanted.items()}}


def _drop_spare_positions(taken: Mapping[str, str]) -> dict[str, str]:
    """One way of saying where: two columns, else one, else a shape."""
    if {"lon", "lat"} <= set(taken):
        spare = set(POSITIONS)
    else:
        present = [name for name in POSITIONS if name in taken]
        spare = {"lon", "lat", *present[1:]} if present else set()
    return {column: heading for column, heading in taken.items() if column not in spare}


def mask_heading(heading: str) -> str:
    """Show a heading, unless it looks like a cell that somebody filled in, or like a name.

    Examples
    --------
    >>> mask_heading("Nombre del contacto"), mask_heading("Tel. de Ana Ejemplar")
    ('Nombre del contacto', '[other heading]')
    """
    text = " ".join(heading.split())[:_MAX_LENGTH]
    if "@" in text or sum(letter.isdigit() for letter in text) > _MAX_DIGITS:
        return REMOVED
    return OTHER_HEADING if _names_person(text) else text


def _names_person(text: str) -> bool:
    """Two words with capitals side by side that no heading of the table has."""
    known = _list_words()
    strange = [word[0].isupper() and fold_name(word) not in known for word in _WORD.findall(text)]
    return any(one and next_ for one, next_ in pairwise(strange))


@lru_cache(maxsize=1)
def _list_words() -> frozenset[str]:
    """Every word of the table of headings."""
    headings = [word for names in load_names().values()
                for words in names.words.values() for word in words]
    parts = (*headings, *load_names(), *_read_table()["groups"], *_read_table()["unused"])
    return frozenset(part for heading in parts for part in heading.split("_"))


def show_headings(headings: Iterable[str]) -> str:
    """List headings for a message, in a bounded length."""
    names = [mask_heading(h) for h in headings]
    more = f" and {len(names) - _MAX_SHOWN} more" if len(names) > _MAX_SHOWN else ""
    return f"{', '.join(names[:_MAX_SHOWN])}{more}"
