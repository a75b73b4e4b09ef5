"""A page of features, and one feature by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from api.asking.ask import FORMATS
from api.asking.parameters import LIMIT_DEFAULT, LIMIT_MAX, LIMIT_SHOWN
from api.formats import list_formats
from api.pages.forms import fill_template
from api.pages.ground import sketch_features
from api.pages.surroundings import surround
from api.pages.tables import find_unshown, tabulate_features
from api.pages.towns import name_towns
from api.pages.words import (
    find_class,
    list_shades,
    name_column,
    name_format,
    name_rows,
    tell_whole,
    write_count,
    write_value,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.asking.ask import Ask
    from layers.spec import LayerSpec

# Not handed on by the forms: each has a field of its own, or says where a page begins.
_OWN = frozenset({"f", "limit", "token"})
_AROUND_DEG = 1.0
# Empty says that nothing was reported: that is no row of a page.
_IF_ANY = frozenset({"reported_status", "reported_on"})


def show_items(document: Mapping[str, Any], ask: Ask) -> str:
    """Show a page of features: a small map, the forms, a table, where to go on."""
    name = ask.names["collection"]
    spec, features = ask.room.spec(name), document["features"]
    asked = ask.values.get("properties")
    table = tabulate_features(features, spec, base="items/", asked=asked)
    around = surround(
        ask, document, title=spec.title.get("en", name), columns=list(spec.columns),
        synthetic=has_synthetic(features, spec) or (not features and ask.room.door.synthetic),
    )
    return fill_template(
        "items.html", around=around, table=table, spec=spec,
        matched=write_count(document["numberMatched"], name_rows(spec)), returned=len(features),
        sketch=sketch_features(ask.room, features, collection=name),
        next=next((it["href"] for it in document["links"] if it["rel"] == "next"), ""),
        form=describe_form(ask, spec, matched=document["numberMatched"]),
        classes=list_shades(spec), meanings=(*table.headings[1:], *table.more),
    )


def has_synthetic(features: Sequence[Mapping[str, Any]], spec: LayerSpec) -> bool:
    """Tell whether any of some features is illustrative."""
    if "synthetic" not in spec.columns:
        return False
    return any(feature["properties"].get("synthetic") is not False for feature in features)


def describe_form(ask: Ask, spec: LayerSpec, *, matched: int) -> dict[str, Any]:
    """What the forms of a page offer: addresses, fields, and what they hand on.

    Each form has one field that must be filled in: browsers send empty ones too, and an empty
    parameter is a wrong one.
    """
    texts = {name: text for name, text in ask.texts.items() if name not in _OWN}
    limit = [("limit", ask.texts["limit"])] if "limit" in ask.texts else []
    is_text = texts.get("filter-lang", "cql2-text") == "cql2-text"
    return {
        "action": ask.base + ask.path,
        "filter": texts.get("filter", "") if is_text else "",
        "bbox": texts.get("bbox", ""),
        "limit": ask.values.get("limit", LIMIT_DEFAULT),
        "most": LIMIT_MAX,
        "most_shown": LIMIT_SHOWN,
        "format": ask.format,
        "formats": [(it, name_format(FORMATS[it])) for it in list_formats(spec)],
        "whole": tell_whole(matched, spec),
        "given": list(texts.items()),
        "without_filter": [*limit, *((k, v) for k, v in texts.items()
                                     if not k.startswith("filter"))],
        "without_box": [*limit, *((k, v) for k, v in texts.items() if not k.startswith("bbox"))],
        "example": write_example(spec),
        "queryables": f"{ask.base}/collections/{quote(ask.names['collection'])}/queryables",
        "has_geometry": spec.geometry != "none",
    }


def write_example(spec: LayerSpec) -> str:
    """Write a filter that fits a layer.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> write_example(find_spec("routes")), write_example(find_spec("places"))
    ("mode = 'foot'", "name LIKE 'San%'")
    """
    for name, column in spec.columns.items():
        if column.one_of and column.dtype == "string":
            return f"{name} = '{column.one_of[0]}'"
    for name, column in spec.columns.items():
        if name == "name":
            return "name LIKE 'San%'"
        if column.dtype in {"number", "integer"}:
            return f"{name} > 10"
    return f"{spec.id} LIKE 'a%'"


def show_item(document: Mapping[str, Any], ask: Ask) -> str:
    """Show one feature: each property with its unit and meaning."""
    name = ask.names["collection"]
    spec = ask.room.spec(name)
    values, towns = document["properties"], name_towns(ask.room)
    rows = [
        {"heading": name_column(column, it.unit).partition(" (")[0], "meaning": it.meaning,
         "text": write_value(towns.get(values[column], values[column]) if column == "town"
                             else values[column], it, column), "unit": it.unit,
         "shade": find_class(column, values[column])}
        for column, it in spec.columns.items()
        if column in values and column not in find_unshown(spec)
        and not (column in _IF_ANY and values[column] in (None, ""))
    ]
    heading = values.get("name") or values.get("words") or document["id"]
    around = surround(
        ask, document, title=str(heading), columns=list(spec.columns),
        synthetic=has_synthetic([document], spec),
    )
    return fill_template(
        "item.html", around=around, rows=rows, id=document["id"],
        id_name=name_column(spec.id), collection=spec.title.get("en", name),
        meaning=spec.meaning,
        sketch=sketch_features(
            ask.room, [document], collection=name, around_deg=_AROUND_DEG),
    )
