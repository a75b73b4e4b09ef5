"""Documents of the API as pages for a person: no script, nothing fetched, readable on a phone."""

from __future__ import annotations

from api.pages.rendering import render_page, render_problem

__all__ = ["render_page", "render_problem"]
