"""Features of a collection as OpenAPI 3.0 schemas: typed by the columns that are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.openapi.geometry import refer_geometry
from api.stock.schemas import describe_values

if TYPE_CHECKING:
    from layers.spec import ColumnSpec, LayerSpec

Schema = dict[str, Any]
LINKS: Schema = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}


def describe_property(column: ColumnSpec) -> Schema:
    """Describe one property; missing values are null.

    Examples
    --------
    >>> from layers.catalog import find_spec
    >>> describe_property(find_spec("segments").columns["evidence"])["enum"]
    ['observed', 'modelled', 'insufficient']
    """
    described = describe_values(column)
    if column.nullable:
        described["nullable"] = True
        if "enum" in described:
            described["enum"] = [*described["enum"], None]
    unit = f" ({column.unit})" if column.unit else ""
    return {**described, "description": f"{column.meaning}{unit}"}


def describe_feature(spec: LayerSpec) -> Schema:
    """Describe one feature of a collection.

    No property is required: ``properties=`` asks for some of them. Links stand in a feature that
    is asked for alone.
    """
    return {
        "type": "object",
        "description": spec.meaning,
        "required": ["type", "id", "geometry", "properties"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string", "description": f"Its {spec.id}"},
            "geometry": refer_geometry(spec.geometry),
            "properties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    name: describe_property(column) for name, column in spec.columns.items()
                },
            },
            "links": LINKS,
        },
    }


def describe_features(name: str) -> Schema:
    """Describe a page of features of a collection."""
    return {
        "type": "object",
        "required": ["type", "features", "numberMatched", "numberReturned", "links"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "numberMatched": {
                "type": "integer", "minimum": 0,
                "description": "Features that match, on all pages together",
            },
            "numberReturned": {
                "type": "integer", "minimum": 0, "description": "Features on this page",
            },
            "links": LINKS,
            "features": {
                "type": "array",
                "items": {"$ref": f"#/components/schemas/feature.{name}"},
            },
        },
    }
