"""What intake costs: CPU seconds and peak memory for incidents, validated and stored.

    python bench/intake.py [rows …]
    python bench/intake.py --import [rows …]

Each size runs in a process of its own. The file is read with pandas' Arrow reader, cells as
text; the rows are invented. With ``--faulty`` every fifth count is text, ``--broken`` breaks
every row. ``--import`` measures all of `georisk import` into a new study instead, the start of
the program included, beside what a million rows may cost.
"""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (100_000, 300_000, 1_000_000)
BAR_ROWS, BAR_CPU_S, BAR_PEAK_MB = 1_000_000, 15.0, 1500.0
MB = 1e6
ROOT = Path(__file__).resolve().parent.parent


def make_rows(count: int) -> pd.DataFrame:
    """Invented incidents, every cell text, ids in no order."""
    rng = np.random.default_rng(1)
    days = pd.Timestamp("2014-01-01") + pd.to_timedelta(rng.integers(0, 4000, count), unit="D")
    return pd.DataFrame({
        "incident_id": [f"i-{number:07d}" for number in rng.permutation(count)],
        "lon": np.char.mod("%.4f", rng.uniform(-117, -77, count)),
        "lat": np.char.mod("%.4f", rng.uniform(7, 32, count)),
        "date": days.strftime("%Y-%m-%d"),
        "class": rng.choice(["sec", "acc", "env", "wat", "unk"], count),
        "dead": rng.integers(0, 4, count).astype(str),
        "missing": rng.integers(0, 4, count).astype(str),
        "n_victims": "7",
        "coord_precision_km": rng.choice(["2", "15", "0.3", ""], count),
        "source": np.char.add("Source ", rng.integers(0, 5000, count).astype(str)),
        "synthetic": "true",
    }).astype("str")


def spoil_rows(rows: pd.DataFrame, how: str) -> pd.DataFrame:
    """Put words into counts: into every sixth row, or differently into all of them."""
    if how == "faulty":
        bad = np.arange(len(rows)) % 6 == 0
        return rows.assign(dead=rows["dead"].where(~bad, rows["dead"] + " personas"))
    if how == "broken":
        numbers = pd.Series(np.arange(len(rows)).astype(str), index=rows.index)
        return rows.assign(dead=numbers + " of them", date=numbers + " days ago",
                           n_victims="42 personas", lat="14.5 N", synthetic="perhaps")
    return rows


def measure(path: Path) -> tuple[float, float, int]:
    """CPU seconds to validate and store a file that was read, seconds to read it, rows kept."""
    from layers.catalog import find_spec
    from layers.errors import LayerError
    from layers.intake import take_in
    from layers.layer import Layer, Provenance
    from layers.store import write_layer

    start = time.process_time()
    raw = pd.read_csv(path, dtype="str", keep_default_na=False, engine="pyarrow")
    read = time.process_time()
    spec = find_spec("incidents")
    try:
        frame = take_in(raw, spec, source=path.name).accepted
    except LayerError:
        frame = None
    if frame is not None:
        layer = Layer(spec, frame, Provenance((path.name,), "0", synthetic=True,
                                              inputs_level="sealed"))
        write_layer(layer, path.with_suffix(".parquet"))
    kept = 0 if frame is None else len(frame)
    return time.process_time() - read, read - start, kept


def measure_import(path: Path, study: Path) -> tuple[float, float]:
    """CPU seconds and peak memory, MB, of `georisk import` of a file of incidents.

    Parameters
    ----------
    path : Path
    study : Path
        Folder of a study; its incidents are replaced.
    """
    command = [sys.executable, "-m", "api.cli", "import", str(path), "--layer", "incidents",
               "--replace", "--study", str(study), "--quiet"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return taken_s, after.ru_maxrss * 1024 / MB


def print_imports(sizes: list[int]) -> None:
    """Print what whole imports cost: nothing but ten rows first, then each size."""
    empty_s = 0.0
    for size in (10, *sorted(sizes)):
        with tempfile.TemporaryDirectory() as folder:
            path, study = Path(folder) / "rows.csv", Path(folder) / "study"
            make_rows(size).to_csv(path, index=False)
            subprocess.run([sys.executable, "-m", "api.cli", "init", str(study), "--quiet"],
                           check=True, cwd=ROOT)
            taken_s, peak_mb = measure_import(path, study)
        empty_s = empty_s or taken_s
        bar = f", bar {BAR_CPU_S:.0f} s and {BAR_PEAK_MB:.0f} MB" if size == BAR_ROWS else ""
        print(f"{size:>9,} rows: {taken_s:5.2f} s CPU ({taken_s - empty_s:.2f} s beyond ten rows), "
              f"peak {peak_mb:.0f} MB{bar}")


def main(arguments: list[str]) -> None:
    """Print one line a size; with ``--file`` measure one, in this process."""
    if arguments[:1] == ["--file"]:
        taken_s, read_s, kept = measure(Path(arguments[1]))
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{taken_s:.2f},{read_s:.2f},{peak_mb:.0f},{kept}")
        return
    how = next((word[2:] for word in arguments if word.startswith("--")), "")
    sizes = [int(word) for word in arguments if word.isdigit()] or list(SIZES)
    if how == "import":
        print_imports(sizes)
        return
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.csv"
            spoil_rows(make_rows(size), how).to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL)
            told = subprocess.run([sys.executable, __file__, "--file", str(path)], check=True,
                                  capture_output=True, text=True).stdout.strip().split(",")
            print(f"{size:>9,} rows: {told[0]} s CPU to validate and store (and {told[1]} s to "
                  f"read), peak {told[2]} MB, {int(told[3]):,} accepted")


if __name__ == "__main__":
    main(sys.argv[1:])
