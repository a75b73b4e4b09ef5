"""What there is: the start, the collections, one collection, its columns, the maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from api.asking.parameters import LIMIT_MAX
from api.pages.analysis import describe_places_form
from api.pages.forms import fill_template
from api.pages.ground import sketch_box, sketch_layer
from api.pages.reach import describe_nearest_form
from api.pages.surroundings import surround
from api.pages.tables import list_headings
from api.pages.vocabulary import list_words
from api.pages.words import (
    list_shades,
    name_column,
    name_format,
    name_rows,
    tell_whole,
    write_count,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from api.asking.ask import Ask
    from api.pages.ground import Sketch

_OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
# What machines look for and a person finds elsewhere on the page.
_NOT_SHOWN = frozenset({"self", "alternate", "data"})


def show_landing(document: Mapping[str, Any], ask: Ask) -> str:
    """Where to go on from here."""
    shown = [(link["rel"] == "related", link["href"], link["title"])
             for link in document["links"] if link["rel"] not in _NOT_SHOWN]
    around = surround(ask, document, title=str(document["title"]))
    return fill_template(
        "landing.html", around=around, description=document["description"], start=ask.base,
        # Without parameters `/places` answers nothing: the form below leads there.
        main=[(href, text) for main, href, text in shown
              if main and not href.endswith("/places")],
        links=[(href, text) for main, href, text in shown if not main],
        collections=list(_list_collections(ask)), places=describe_places_form(ask),
        nearest=describe_nearest_form(ask),
    )


def _list_collections(ask: Ask) -> Iterator[dict[str, Any]]:
    for name in ask.room.collections:
        spec = ask.room.spec(name)
        yield {
            "href": f"{ask.base}/collections/{quote(name)}",
            "title": spec.title.get("en", name),
            "meaning": spec.meaning,
            "count": write_count(ask.room.served(name).count, name_rows(spec)),
        }


def show_conformance(document: Mapping[str, Any], ask: Ask) -> str:
    """List what this server conforms to."""
    around = surround(ask, document, title="Conformance", synthetic=False)
    classes = [(uri, uri.removeprefix("http://www.opengis.net/spec/"))
               for uri in document["conformsTo"]]
    return fill_template("conformance.html", around=around, classes=classes)


def show_collections(document: Mapping[str, Any], ask: Ask) -> str:
    """List the collections."""
    around = surround(ask, document, title="Collections")
    listed = list(_list_collections(ask))
    return fill_template("collections.html", around=around, collections=listed)


def show_collection(document: Mapping[str, Any], ask: Ask) -> str:
    """Describe a collection: what it is, where it lies, what its columns mean."""
    name = str(document["id"])
    spec, served = ask.room.spec(name), ask.room.served(name)
    boxes = document.get("extent", {}).get("spatial", {}).get("bbox", [])
    times = document.get("extent", {}).get("temporal", {}).get("interval", [[]])
    around = surround(ask, document, title=str(document["title"]), columns=list(spec.columns))
    return fill_template(
        "collection.html", around=around, description=document["description"],
        sketch=_sketch(ask, name, boxes[0] if boxes else None),
        count=write_count(served.count, name_rows(spec)),
        times=[str(end)[:10] for end in times[0] if end], headings=list_headings(spec),
        words=list_words(ask.room, name),
        items=f"{ask.base}/collections/{quote(name)}/items", links=list(_list_ways(document)),
        whole=tell_whole(served.count, spec), classes=list_shades(spec),
    )


def _sketch(ask: Ask, name: str, box: Sequence[float] | None) -> Sketch | None:
    drawn = ask.room.make(("pages", "sketch", name), lambda: sketch_layer(ask.room, name))
    if drawn is not None or box is None:
        return drawn
    return sketch_box(ask.room, box, collection=name)


def _list_ways(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Links of a collection beside its features as a page: files, schema, tiles."""
    named = {f"{_OGC}queryables": "What can be filtered", f"{_OGC}schema": "Schema",
             f"{_OGC}tilesets-vector": "Vector tiles"}
    for link in document["links"]:
        if link["rel"] == "items" and link["type"] != "text/html":
            # By name: a browser that asks for no format is given the page.
            href = link["href"] if "?" in link["href"] else f"{link['href']}?f=geojson"
            yield f"{href}&limit={LIMIT_MAX}", name_format(link["type"])
        elif link["rel"] in named:
            yield link["href"], named[link["rel"]]


def show_schema(document: Mapping[str, Any], ask: Ask) -> str:
    """List the properties of a schema with their units and meanings."""
    name = ask.names.get("collection", "")
    asked = ask.doorway.page == "queryables"
    title = f"{document.get('title', name)}: {'what can be filtered' if asked else 'schema'}"
    around = surround(ask, document, title=title, columns=list(document["properties"]))
    words = list_words(ask.room, name) if name in ask.room.collections else {}
    return fill_template(
        "schema.html", around=around, asked=asked,
        items=f"{ask.base}/collections/{quote(name)}/items",
        rows=[_describe_property(column, schema, words.get(column, ()))
              for column, schema in document["properties"].items()],
    )


def _describe_property(
    name: str, schema: Mapping[str, Any], words: Sequence[str]
) -> dict[str, Any]:
    kind = schema.get("format") or schema.get("type") or ""
    return {
        "name": name,
        "heading": name_column(name),
        "kind": str(kind).replace("geometry-", "").replace("-", " "),
        "unit": str(schema.get("x-ogc-unit", "")),
        "meaning": str(schema.get("description") or schema.get("title") or ""),
        "choice": words,
    }


def show_maps(document: Mapping[str, Any], ask: Ask) -> str:
    """List the maps."""
    from api.pages.words import read_words

    words = read_words()
    around = surround(ask, document, title="Maps")
    maps = [
        (entry["links"][0]["href"], words[key] if (key := f"title_{entry['name']}") in words
         else name_column(entry["name"]))
        for entry in document["maps"]
    ]
    return fill_template("maps.html", around=around, maps=maps)
