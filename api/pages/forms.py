"""Templates of ``api/pages/templates``, filled with escaped values."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("api.pages", "templates"), autoescape=True,
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )


def fill_template(name: str, **values: Any) -> str:  # noqa: ANN401
    """Fill a template; every value is escaped."""
    return _environment().get_template(name).render(**values)
