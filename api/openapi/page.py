"""The description of this server as one page that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.asking.ask import Ask

Schema = dict[str, Any]


def draw_page(document: Schema, ask: Ask) -> bytes:
    """Draw an OpenAPI document as HTML, without script or outside asset."""
    from api.pages.forms import fill_template
    from api.pages.surroundings import surround

    return fill_template(
        "api.html",
        around=surround(ask, {}, title="API"),
        about=document["info"]["description"],
        description=f"{ask.base}/api?f=openapi",
        groups=list(list_groups(document)),
    ).encode()


def list_groups(document: Schema) -> Iterator[Schema]:
    """List the operations of a document by their groups, each as a page shows it."""
    for tag in document["tags"]:
        yield {
            "name": tag["name"],
            "meaning": tag["description"],
            "operations": [
                _show_operation(path, method, operation, document)
                for path, methods in document["paths"].items()
                for method, operation in methods.items()
                if tag["name"] in operation["tags"]
            ],
        }


def _show_operation(path: str, method: str, operation: Schema, document: Schema) -> Schema:
    parameters = [_resolve(one, document) for one in operation["parameters"]]
    return {
        "path": path,
        "method": method.upper(),
        "summary": operation["summary"],
        "description": operation["description"].replace("`", ""),
        "parameters": [
            {
                "name": one["name"], "meaning": one["description"].replace("`", ""),
                "needed": one.get("required", False), "takes": tell_values(one["schema"]),
            }
            for one in parameters
        ],
        "bodies": list(operation.get("requestBody", {}).get("content", ())),
        "answers": [
            _show_answer(status, _resolve(one, document))
            for status, one in operation["responses"].items()
        ],
    }


def tell_values(schema: Schema) -> str:
    """Tell in words what values a schema takes.

    Examples
    --------
    >>> tell_values({"type": "array", "items": {"type": "integer", "minimum": 1}})
    'list of: integer from 1'
    >>> tell_values({"enum": ["a", "b"]})
    'a, b'
    """
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of: {tell_values(schema['items'])}"
    ends = [
        f"{word} {schema[key]}" for word, key in (("from", "minimum"), ("to", "maximum"))
        if key in schema
    ]
    return " ".join([str(schema.get("type", "")), *ends])


def _show_answer(status: str, answer: Schema) -> Schema:
    media = list(answer.get("content", ()))
    return {"status": status, "meaning": answer["description"], "media": media}


def _resolve(part: Schema, document: Schema) -> Schema:
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)
