"""Tables for a terminal: aligned, escaped, and marked where the data are synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

SYNTHETIC = "SYNTHETIC: illustrative data; says nothing about the world"
NOT_MEASURED = "Robbery, kidnapping and sexual violence are not measured here."
_CONTROL = dict.fromkeys((*range(32), 127, *range(128, 160)), " ")


def print_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[object]], *, synthetic: bool
) -> None:
    """Print a table on stdout; text from data cannot steer the terminal."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE, title_justify="left", caption_justify="left",
                  caption=SYNTHETIC if synthetic else None)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(escape(show_value(value)) for value in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=140)
    console.print(table)


def show_value(value: object) -> str:
    """One cell: numbers short, lists joined, nothing for a missing value."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is what differs from itself
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item) for item in value)
    return str(value).translate(_CONTROL)


def show_share(value: object) -> str:
    """A share as whole per cent."""
    return "" if value is None or value != value else f"{float(value):.0%}"  # type: ignore[arg-type]  # noqa: PLR0124


def print_warning(text: str) -> None:
    """Print a warning on stderr."""
    typer.echo(f"warning: {text}", err=True)
