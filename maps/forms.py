"""Templates of ``maps/templates``, filled with escaped values."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.PackageLoader("maps", "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip


def fill_template(name: str, **values: Any) -> Markup:  # noqa: ANN401
    """Fill a template of ``maps/templates``; every value is escaped."""
    return Markup(_environment().get_template(name).render(**values))  # noqa: S704 - escaped above
