"""Invented shelters, their exports, and what a spreadsheet gives back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from layers.catalog import find_spec
from layers.disclosure import disclose
from layers.export import export_layer
from layers.intake import take_in
from layers.layer import Layer, Provenance, index_frame
from layers.readers.grids import read_grids
from layers.readers.headers import find_table, fold_name
from layers.sheets.roundtrip import diff_rows, prepare_edits, restore_absent
from layers.sources import ASIDE_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 2, 1)
SPEC = find_spec("shelters")
# Text that a spreadsheet may take for a formula, a date or a number.
NAMES = ("EXAMPLE - one", "=1+1", "+502 2222-0000", "-5", "@SUM(A1)", "|cmd", "'=x", "''-", "007",
         "2024-05", "TRUE", "EXAMPLE; ñandú \N{EM DASH} “x”", "\uff1d1+1", "two\nlines")


def make_shelters(names: tuple[str, ...] = NAMES) -> Layer:
    """One shelter a name; every third lacks what may be missing."""
    n = len(names)
    known = [k % 3 != 2 for k in range(n)]
    days = pd.Series([f"2026-01-{1 + k % 28:02d}" if known[k] else None for k in range(n)])
    due = pd.Series([f"2026-03-{1 + k % 28:02d}" if known[k] else None for k in range(n)])
    frame = gpd.GeoDataFrame({
        "place_id": pd.Series([f"gt-ex-{k:03d}" for k in range(n)], dtype="str"),
        "name": pd.Series(names, dtype="str"),
        "place_kind": "shelter", "operator_kind": "ngo", "country": "GT",
        "admin1": pd.Series(["" if k % 2 else "EXAMPLE" for k in range(n)], dtype="str"),
        "services": pd.Series([("shelter", "water")] * n, dtype=object),
        "capacity": [20.0 + k / 3 if known[k] else None for k in range(n)],
        "admits": pd.Series([("men:no", "women:yes") if known[k] else () for k in range(n)],
                            dtype=object),
        "phone": pd.Series(["+502 2222-0000" if known[k] else None for k in range(n)]),
        "publish_ok": pd.array([known[k] or None for k in range(n)], dtype="boolean"),
        "consent_until": pd.to_datetime(due).astype("datetime64[s]"),
        "last_verified": pd.to_datetime(days).astype("datetime64[s]"),
        "verify_by": pd.to_datetime(due).astype("datetime64[s]"),
        "steward": pd.Series(["office"] * n, dtype="str"),
        "owner": pd.Series(["office"] * n, dtype="str"),
        "coord_precision_km": 0.1, "source": "invented",
        "synthetic": pd.array([True] * n, dtype="boolean"),
    }, geometry=[shapely.Point((k - 901234567) / 1e7, (147654321 - k) / 1e7) for k in range(n)],
        crs="EPSG:4326")
    return Layer(SPEC, index_frame(frame, SPEC),
                 Provenance(("x",), "0", synthetic=True, inputs_level="public"))


def export_shelters(layer: Layer, path: Path, audience: str = "restricted") -> Path:
    shown = disclose(layer, audience, today=TODAY)
    export_layer(shown, path, format_=path.suffix[1:], marking={"audience": audience})
    return path


def read_back(path: Path) -> pd.DataFrame:
    """Cells as text, as `georisk import` reads them."""
    known = frozenset(map(fold_name, [SPEC.id, *SPEC.columns]))
    return find_table(read_grids(path)[0], known=known)[0]


def find_changes(layer: Layer, raw: pd.DataFrame) -> pd.DataFrame:
    """What an import of a file would change in the layer it was exported from."""
    raw = prepare_edits(raw, layer.spec)
    columns = [name for name in raw.columns if name not in {layer.spec.id, *ASIDE_COLUMNS}]
    whole = restore_absent(raw, layer.frame, layer.spec)
    intake = take_in(whole, layer.spec, source="x")
    assert not intake.quarantined, [str(fault) for fault in intake.faults]
    return diff_rows(layer.frame, intake.accepted, columns=columns)
