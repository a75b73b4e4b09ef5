"""Names, values and classes in the words of a reader."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from api.asking.parameters import LIMIT_MAX
from maps.catalogues import load_words
from maps.theme import CLASSES, EVIDENCE

if TYPE_CHECKING:
    from layers.spec import ColumnSpec, LayerSpec
    from maps.catalogues import Words

FORMAT_NAMES = {
    "application/json": "JSON", "application/geo+json": "GeoJSON",
    "application/geo+json-seq": "GeoJSON, one a line", "text/csv": "CSV",
    "application/flatgeobuf": "FlatGeobuf", "application/vnd.apache.parquet": "GeoParquet",
    "application/schema+json": "JSON Schema", "text/html": "Page", "text/plain": "Text",
    "application/vnd.mapbox-vector-tile": "Vector tile",
    "application/vnd.oai.openapi+json": "OpenAPI",
}
AUDIENCES = {
    "public": "For everybody: public content only.",
    "partner": "For partners: not to be passed on.",
    "restricted": "Restricted: for planners, not to be passed on.",
}
_CODED = frozenset({"service", "services", "admits", "uncovered_services"})
_UNITS = ("km", "h")
_TONGUES = {"ar": "Arabic", "en": "English", "es": "Spanish", "fr": "French",
            "ht": "Haitian Creole", "pt": "Portuguese", "zh": "Chinese"}
# Keys of our documents that read better otherwise.
_NAMES = {"id": "Id", "run_id": "Run", "as_of": "Data as of", "n": "Number", "km": "km"}


@cache
def read_words() -> Words:
    """Words of the maps, in English."""
    return load_words("en")


def name_column(name: str, unit: str = "") -> str:
    """Write a column's name as a heading, its unit behind it.

    Examples
    --------
    >>> name_column("walk_h", "h"), name_column("risk_score", "0-10"), name_column("run_id")
    ('Walk (h)', 'Risk score (0-10)', 'Run')
    >>> name_column("walk_h")
    'Walk (h)'
    """
    if name in _NAMES and not unit:
        return _NAMES[name]
    unit = unit or next((it for it in _UNITS if name.endswith(f"_{it}")), "")
    parts = [part for part in name.split("_") if part and part != unit] or [name]
    heading = " ".join(parts)
    heading = heading[:1].upper() + heading[1:]
    return f"{heading} ({unit})" if unit else heading


def write_value(value: Any, column: ColumnSpec | None = None, name: str = "") -> str:  # noqa: ANN401
    """Write a value of JSON for a reader; what is missing is empty.

    Examples
    --------
    >>> write_value(True), write_value(12.0), write_value(["food", "water"]), write_value(None)
    ('yes', '12', 'food, water', '')
    >>> write_value("few_reported", name="risk_class"), write_value("es;ht", name="languages")
    ('few reported', 'Spanish, Haitian Creole')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.6g}"
    if isinstance(value, list):
        texts = (write_value(item, column, name) for item in value)
        return ", ".join(map(_write_code, texts) if name in _CODED else texts)
    if isinstance(value, dict):
        return ", ".join(f"{name_column(str(k))}: {write_value(v)}" for k, v in value.items())
    return _write_text(str(value), column, name)


def _write_text(text: str, column: ColumnSpec | None, name: str) -> str:
    if name == "risk_class" and text in CLASSES:
        return read_words()[f"class_{text}"]
    if name == "languages":
        return ", ".join(_TONGUES.get(part.strip(), part.strip()) for part in text.split(";"))
    if name == "evidence" and text in EVIDENCE:
        return read_words()[f"evidence_{text}"]
    coded = name in _CODED or (column is not None and text in column.one_of)
    return _write_code(text) if coded else text


def _write_code(text: str) -> str:
    """Write a code of ours as words: ``women_with_children:yes`` is women with children: yes."""
    return text.replace("_", " ").replace(":", ": ").replace(":  ", ": ")


def find_class(name: str, value: object) -> str:
    """Return the number of a risk class, for its colour; empty if it is none.

    Examples
    --------
    >>> find_class("risk_class", "insufficient"), find_class("risk_class", "extreme")
    ('0', '5')
    """
    if name == "risk_class" and value in CLASSES:
        return str(CLASSES.index(str(value)))
    return "0" if name == "evidence" and value == "insufficient" else ""


def name_format(media: str) -> str:
    """Name a media type.

    Examples
    --------
    >>> name_format("text/csv; charset=utf-8; header=present"), name_format("image/png")
    ('CSV', 'image/png')
    """
    bare = media.partition(";")[0].strip()
    return FORMAT_NAMES.get(bare, bare)


def write_count(count: int, noun: str = "feature") -> str:
    r"""Write a counted noun.

    Examples
    --------
    >>> write_count(1), write_count(12345)
    ('1\xa0feature', '12\xa0345\xa0features')
    """
    return f"{count:,}".replace(",", "\u00a0") + f"\u00a0{noun}{'' if count == 1 else 's'}"


def name_rows(spec: LayerSpec) -> str:
    """Noun for what a layer holds: a row that lies nowhere is no feature."""
    return "row" if spec.geometry == "none" else "feature"


def list_shades(spec: LayerSpec) -> list[tuple[int, str]]:
    """Risk classes that a sketch of a layer is coloured by; none for most layers."""
    return list_classes() if "risk_class" in spec.columns else []


def tell_whole(count: int, spec: LayerSpec) -> str:
    r"""Say whether one file holds all rows, or only the first of them.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> tell_whole(12, find_spec("risk_cells")), tell_whole(20_000, find_spec("activity"))
    ('all 12\xa0features', 'the first 10\xa0000 of 20\xa0000\xa0rows')
    """
    said = write_count(count, name_rows(spec))
    if count <= LIMIT_MAX:
        return f"all {said}" if count != 1 else f"the only {name_rows(spec)}"
    return f"the first {LIMIT_MAX:,} of {said}".replace(",", "\u00a0")


def list_classes() -> list[tuple[int, str]]:
    """Risk classes by number, in words.

    Examples
    --------
    >>> list_classes()[:2]
    [(0, 'insufficient evidence'), (1, 'few reported')]
    """
    return [(number, read_words()[f"class_{name}"]) for number, name in enumerate(CLASSES)]
