"""The ``georisk`` command: asks, and renders what comes back. Computes nothing."""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated

import typer

from api.commands import (
    change,
    check,
    compare,
    coverage,
    duplicates,
    explain,
    export,
    fetch,
    forget,
    gaps,
    import_files,
    init,
    keys,
    list_names,
    map_pages,
    places,
    priority,
    reports,
    run,
    serve,
    site,
    surge,
    validate,
)

app = typer.Typer(
    name="georisk",
    help="Corridor risk, coverage gaps and siting of assistance points for people on the move.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

COMMANDS = (
    ("init", init.init),
    ("fetch", fetch.fetch),
    ("import", import_files.import_files),
    ("duplicates", duplicates.duplicates),
    ("forget", forget.forget),
    ("check", check.check),
    ("list", list_names.list_names),
    ("run", run.run),
    ("validate", validate.validate),
    ("explain", explain.explain),
    ("coverage", coverage.coverage),
    ("gaps", gaps.gaps),
    ("change", change.change),
    ("site", site.site),
    ("surge", surge.surge),
    ("compare", compare.compare),
    ("priority", priority.priority),
    ("places", places.places),
    ("map", map_pages.map_pages),
    ("export", export.export),
    ("serve", serve.serve),
)
for _name, _command in COMMANDS:
    app.command(_name)(_command)
app.add_typer(reports.app)
app.add_typer(keys.app, name="key")


def _print_version(value: bool) -> None:
    if value:
        from georisk import __version__

        typer.echo(f"georisk {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Corridor risk, coverage gaps and siting of assistance points for people on the move."""
    del version


def _describe_refusal(error: OSError) -> str:
    """One line about a file or folder that the machine would not read or write."""
    reason = error.strerror or (str(error).splitlines() or ["cannot be read or written"])[0]
    where = error.filename2 or error.filename
    return f"{where}: {reason}" if where else reason


def main(arguments: list[str] | None = None) -> None:
    """Run one command; exit 0 done, 2 the input or the call is at fault, 1 our fault."""
    from api.commands.tables import print_text
    from layers.errors import GeoriskError

    # Rows are arrays, which hold no circles; to look for some among all that was imported, each
    # time that a few hundred tuples were made, was a seventh of what importing a file costs.
    gc.set_threshold(50_000, 20, 50)
    try:
        app(args=arguments, standalone_mode=True)
    except GeoriskError as error:
        print_text(f"georisk: {error}", err=True, indent=2)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if os.environ.get("GEORISK_DEBUG"):
            raise
        print_text(f"georisk: {_describe_refusal(error)}", err=True, indent=2)
        sys.exit(2)
    except Exception as error:
        if os.environ.get("GEORISK_DEBUG"):
            raise
        typer.echo(
            f"georisk: our fault: {type(error).__name__} (set GEORISK_DEBUG=1 to see where)",
            err=True,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
