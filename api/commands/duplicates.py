"""``georisk duplicates``: pairs to review, and decisions to apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import JsonOption, QuietOption, StudyOption, open_study, say
from api.commands.tables import print_table

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 40
_COLUMNS = ("kind", "id_a", "id_b", "verdict", "score", "field", "value_a", "value_b", "why",
            "owner_a", "owner_b")


def duplicates(
    layer: Annotated[str, typer.Option("--layer", help="Layer of incidents or of places.")],
    study: StudyOption = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="CSV file to write, for people to fill in.",
                                  show_default=False),
    ] = None,
    apply: Annotated[
        Path | None, typer.Option("--apply", help="CSV file with decisions.", show_default=False),
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Decide 'same' for every pair that is sure.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """List pairs of records that may be one, and apply what people decided."""
    from georisk.register.deciding import accept_pairs, decide, list_pairs, review_layer

    opened = open_study(study)
    if apply or accept:
        table = _read_table(apply) if apply else accept_pairs(list_pairs(opened, layer))
        source = apply.name if apply else "--accept"
        counts = decide(opened, layer, table, source=source)
        opened = open_study(study)
        say("decided: " + ", ".join(f"{n} {kind}s" for kind, n in counts.items()), quiet=quiet)
    table, overlaps = review_layer(opened, layer)
    if out:
        from layers.export import write_csv_text

        out.write_text(write_csv_text(table), encoding="utf-8")
        out.chmod(0o600)
        say(f"{out}: fill in the column decision (same or different; a or b), then --apply it",
            quiet=quiet)
    elif as_json:
        typer.echo(json.dumps(table.to_dict("records"), indent=1, ensure_ascii=False))
    elif len(table):
        print_table(f"Undecided in {layer}", _COLUMNS,
                    table[list(_COLUMNS)].head(_SHOWN).itertuples(index=False, name=None),
                    synthetic=opened.layer(layer).provenance.synthetic)
    say(f"{table['kind'].eq('pair').sum()} pairs, {table['kind'].eq('conflict').sum()} conflicts "
        "undecided", quiet=quiet)
    if quiet or as_json:
        return
    for told in overlaps:
        say(f"{' and '.join(told['registers'])} share {told['shared']} of "
            f"{' and '.join(map(str, told['incidents']))}: some {told['estimate']} in all "
            f"({told['low']} to {told['high']}), a hint at an undercount and no count")


def _read_table(path: Path) -> pd.DataFrame:
    import pandas as pd

    from layers.errors import CallError
    from layers.readers.grids import read_grids
    from layers.readers.headers import find_table
    from layers.sheets.roundtrip import arm_cell

    if not path.is_file():
        raise CallError(f"{path}: no such file")
    try:
        table, _ = find_table(read_grids(path)[0], known=frozenset({"pair_id", "decision"}))
    except ValueError as error:
        raise CallError(f"{path.name}: {error}") from error
    return pd.DataFrame(table).fillna("").astype("str").map(arm_cell)
