"""Documents of the API as pages for a person: no script, nothing fetched, readable on a phone."""

from __future__ import annotations

from api.pages.problems import render_problem
from api.pages.rendering import render_page

__all__ = ["render_page", "render_problem"]
