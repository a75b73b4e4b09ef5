"""Tables and sentences for a terminal: no word broken, no control character, synthetic marked."""

from __future__ import annotations

import math
import os
import shutil
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

SYNTHETIC = "SYNTHETIC: illustrative data; says nothing about the world"
NOT_MEASURED = "Robbery, kidnapping and sexual violence are not measured here."
WIDE = 140  # into a file or a pipe
_NARROW = 30
_GAP, _INDENT, _UNDER = 2, 2, 6
_LINES = 3  # a cell that needs more moves under its row
LEAST = 0.001  # the smallest share that is told as a number
_SMALL = 0.0995
TIE = "\ue000"  # shown as a blank at which no line is broken
_CONTROL = dict.fromkeys((*range(32), 127, *range(128, 160)), " ")


def print_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[object]], *, synthetic: bool
) -> None:
    """Print a table on stdout; text from data cannot steer the terminal.

    The first columns matter first. What finds no room goes under its row, with its name.
    """
    _print(draw_table, title, (header, rows), synthetic=synthetic)


def print_groups(
    title: str, header: Sequence[str], rows: Sequence[Sequence[object]], *, synthetic: bool
) -> None:
    """Print a table on stdout; where a line has no room, rows stand under their first cell."""
    _print(draw_groups, title, (header, rows), synthetic=synthetic)


def _print(
    draw: Callable[..., list[str]], title: str,
    table: tuple[Sequence[str], Sequence[Sequence[object]]], *, synthetic: bool,
) -> None:
    header, rows = table
    width = find_width(sys.stdout) or WIDE
    told = draw(header, [[show_value(value) for value in row] for row in rows], width=width)
    before = ["", *wrap_words(title, width)] if title else []
    after = wrap_words(SYNTHETIC, width) if synthetic else []
    lines = [*before, "", *told, "", *after]
    typer.echo("\n".join(lines))


def print_text(text: str, *, err: bool = False, indent: int = 0) -> None:
    """Print a sentence, wrapped at blanks where a person reads it; one line into a file."""
    width = find_width(sys.stderr if err else sys.stdout)
    for line in text.split("\n"):
        parts = wrap_words(line, width - indent) if len(line) > width > 0 else [line]
        typer.echo(("\n" + " " * indent).join(parts), err=err)


def print_warning(text: str) -> None:
    """Print a warning on stderr."""
    print_text(f"warning: {text}", err=True, indent=2)


def print_facts(rows: Sequence[tuple[str, str]]) -> None:
    """Print names and what they are beside them; under them where the names leave little room."""
    from rich.cells import cell_len

    width = find_width(sys.stdout) or WIDE
    names = max((cell_len(name) for name, _ in rows), default=0)
    longest = max((cell_len(word) for _, text in rows for word in text.split()), default=0)
    for name, text in rows:
        if names + _GAP + longest > width:
            typer.echo("\n".join([*wrap_words(name, width), *_put_under("", text, width)]))
        else:
            cells = [[name], wrap_words(show_value(text), width - names - _GAP)]
            typer.echo("\n".join(_join(cells, [names, 0], indent=0)))


def find_width(stream: TextIO) -> int:
    """Columns that a person sees: those of the terminal or of COLUMNS; 0 into a file or a pipe."""
    if not stream.isatty() and not os.environ.get("COLUMNS", "").isdigit():
        return 0
    return max(_NARROW, shutil.get_terminal_size().columns)


def draw_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int
) -> list[str]:
    """Lay a table out in lines; cells wrap at blanks, and never within a word.

    Parameters
    ----------
    header : sequence of str
        Names of the columns, those that matter most first; the first one always stays.
    rows : sequence of sequence of str
    width : int
        Columns of the terminal. Only a single word that is longer runs over.

    Examples
    --------
    >>> for line in draw_table(("leg", "why"), [("a-b", "one two three four five six")], width=14):
    ...     print(line.rstrip())
      leg
      ---
      a-b
          why: one
          two
          three
          four
          five six
    """
    return [text for part in _lay_rows(header, rows, width) for text in part]


def draw_groups(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, width: int
) -> list[str]:
    """Lay a table out as `draw_table`; rows that are too long for a line, under their first cell.

    Examples
    --------
    >>> rows = [("Ciudad A - Ciudad B", "water", "12"), ("Ciudad A - Ciudad B", "food", "9")]
    >>> for line in draw_groups(("between", "service", "km"), rows, width=24):
    ...     print(line.rstrip())
      service  km
      -------  --
    Ciudad A - Ciudad B
      water    12
      food     9
    """
    from rich.cells import cell_len

    full = [max(cell_len(row[n]) for row in (header, *rows)) + _GAP for n in range(len(header))]
    if sum(full) <= width or len(header) == 1:
        return draw_table(header, rows, width=width)
    names, *told = _lay_rows(header[1:], [row[1:] for row in rows], width)
    lines, head = names, ""
    for row, part in zip(rows, told, strict=True):
        heads = wrap_words(row[0], width) if row[0] != head else []
        lines += [*(line.replace(TIE, " ") for line in heads), *part]
        head = row[0]
    return lines


def _lay_rows(
    header: Sequence[str], rows: Sequence[Sequence[str]], width: int
) -> list[list[str]]:
    """Lines of the header, then those of each row."""
    columns = [[name, *(row[n] for row in rows)] for n, name in enumerate(header)]
    widths = _fit_columns(columns, width - _INDENT)
    shown = [n for n, wide in enumerate(widths) if wide]
    room = [widths[n] for n in shown]
    told = [[*_join([wrap_words(header[n], widths[n]) for n in shown], room),
             " " * _INDENT + (" " * _GAP).join("-" * wide for wide in room)]]
    for row in rows:
        under = [part for n, wide in enumerate(widths) if not wide and row[n]
                 for part in _put_under(header[n], row[n], width)]
        told.append([*_join([wrap_words(row[n], widths[n]) for n in shown], room), *under])
    return [[line.replace(TIE, " ") for line in part] for part in told]


def wrap_words(text: str, width: int) -> list[str]:
    """Break a text at blanks only; a word longer than the width keeps a line of its own.

    Words joined by `TIE` stay together.

    Examples
    --------
    >>> wrap_words("first 66-87 % of all", 8)
    ['first', '66-87 %', 'of all']
    """
    from rich.cells import cell_len

    lines: list[str] = []
    used = 0
    for word in text.split():
        wide = cell_len(word)
        if lines and used + 1 + wide <= width:
            lines[-1] += f" {word}"
            used += 1 + wide
        else:
            lines.append(word)
            used = wide
    return lines or [""]


def _fit_columns(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Width of each column; 0 for those that go under their row, the widest first."""
    from rich.cells import cell_len

    full = [max(cell_len(cell) for cell in cells) for cells in columns]
    words = [max(cell_len(word) for cell in cells for word in cell.split() or [""])
             for cells in columns]
    widths = [max(word, -(-wide // _LINES)) for word, wide in zip(words, full, strict=True)]
    kept = list(range(len(columns)))
    while len(kept) > 1 and sum(widths[n] + _GAP for n in kept) - _GAP > room:
        kept.remove(max(kept[1:], key=lambda n: (widths[n], n)))
    spare = room + _GAP - sum(widths[n] + _GAP for n in kept)
    while spare > 0:
        tight = max(kept, key=lambda n: full[n] / max(widths[n], 1))
        if full[tight] <= widths[tight]:
            break
        widths[tight] += 1
        spare -= 1
    return [max(widths[n], 1) if n in kept else 0 for n in range(len(columns))]


def _join(
    cells: Sequence[Sequence[str]], widths: Sequence[int], *, indent: int = _INDENT
) -> list[str]:
    """Wrapped cells side by side, as many lines as the tallest has."""
    from rich.cells import cell_len

    lines = []
    for n in range(max(len(cell) for cell in cells)):
        parts = [cell[n] if n < len(cell) else "" for cell in cells]
        padded = [part + " " * (wide - cell_len(part))
                  for part, wide in zip(parts, widths, strict=True)]
        lines.append((" " * indent + (" " * _GAP).join(padded)).rstrip())
    return lines


def _put_under(name: str, text: str, width: int) -> list[str]:
    told = f"{name}: {text}" if name else text
    return [" " * _UNDER + part for part in wrap_words(told, width - _UNDER)]


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN or no time.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(0.0)
    (True, True, False)
    """
    return value is None or bool(value != value)  # noqa: PLR0124 - NaN and NaT differ from themselves


def show_value(value: object) -> str:
    """One cell: numbers short, lists joined, nothing for a missing value."""
    if is_missing(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(item) for item in value)
    return str(value).translate(_CONTROL)


def show_share(value: object) -> str:
    """A share as whole per cent."""
    return "" if is_missing(value) else f"{float(value):.0%}"  # type: ignore[arg-type]


def show_part(value: float | None) -> str:
    """A share; below 10 % with one decimal, so that no point seems to bring nothing.

    Examples
    --------
    >>> show_part(0.0226).replace(TIE, " "), show_part(0.5).replace(TIE, " ")
    ('2.3 %', '50 %')
    """
    if value is None or not math.isfinite(value):
        return ""
    if 0 < value < LEAST:
        return f"<{TIE}0.1{TIE}%"
    return f"{100 * value:.{1 if 0 < abs(value) < _SMALL else 0}f}{TIE}%"
