"""Sound records of a real register, damaged as hands damage them, through the whole door.

Written as a stranger would: it knows nothing of how `layers.quality` decides. A copy of the
register's JSON is damaged as text, read by its adapter and taken in. The data are read where they
lie; the copies stand in a temporary folder.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import shapely
from surroundings import require_shared

from layers.catalog import find_spec
from layers.gazetteer import load_gazetteer
from layers.gazetteer.shapes import measure_apart_km
from layers.intake import Limits, take_in
from layers.reading import read_haul
from layers.sources import Wanted

SPEC, WORLD = find_spec("incidents"), load_gazetteer()
A_THIRD, SEEDS = 200, (41, 42, 43)
KM_A_DEGREE, NEAR_KM = 111.2, 150.0
TEXT = "location_coodinates"


def enter(path):
    frame = read_haul(path, Wanted(SPEC), adapter="iom").frame
    return frame, take_in(frame, SPEC, source=path.name, limits=Limits(gazetteer=WORLD))


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    """All years as one file, as it stands: record n of it is row n - 1 of ``frame``."""
    files = sorted(require_shared("iom_missing_migrants").glob("*-json.json"))
    years = {int(path.name[:4]): json.loads(path.read_text("utf-8")) for path in files}
    records = [record for year in years.values() for record in year]
    folder = tmp_path_factory.mktemp("register")
    path = folder / "all.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    frame, intake = enter(path)
    assert frame["_record"].tolist() == list(range(1, len(records) + 1))
    aside = {fault.row for fault in intake.faults}
    sound = np.array([row + 1 not in aside for row in range(len(frame))])
    return SimpleNamespace(records=records, frame=frame, intake=intake, sound=sound, folder=folder,
                           year=np.repeat(list(years), [len(year) for year in years.values()]))


def measure_out_km(frame):
    """How far outside the stated country, by its polygon alone; NaN where none is known."""
    shapes = dict(zip(WORLD.countries.index, WORLD.country_shapes, strict=True))
    lon, lat = (pd.to_numeric(frame[axis], errors="coerce") for axis in ("lon", "lat"))
    far = np.full(len(frame), np.nan)
    for number, (code, x, y) in enumerate(zip(frame["_country"].map(WORLD.find_code), lon, lat,
                                              strict=True)):
        if not code or not np.isfinite(x + y):
            continue
        # Metres on a plane about the point: true to it where it is near.
        local = shapely.transform(shapes[code], lambda at, x=x, y=y: np.column_stack(
            [((at[:, 0] - x + 180) % 360 - 180) * np.cos(np.radians(y)), at[:, 1] - y]))
        far[number] = KM_A_DEGREE * local.distance(shapely.Point(0, 0))
    return far


def drop_sign(text, rng):
    parts = [part.strip() for part in text.split(",")]
    signed = [number for number, part in enumerate(parts) if part.startswith("-")]
    lost = signed[rng.integers(len(signed))]
    return ", ".join(part[1:] if number == lost else part for number, part in enumerate(parts))


def swap_axes(text, rng):
    return ", ".join(part.strip() for part in reversed(text.split(",")))


def move_by_degrees(text, rng):
    lat, lon = (float(part) for part in text.split(","))
    angle, size = rng.uniform(0, 2 * np.pi), rng.uniform(3, 10)
    lat = float(np.clip(lat + size * np.sin(angle), -89, 89))
    return f"{lat:.6f}, {(lon + size * np.cos(angle) + 180) % 360 - 180:.6f}"


def move_to_another(register, row, rng):
    at = register.frame.loc[register.sound, ["lon", "lat"]].astype(float)
    lon, lat = register.frame.loc[row, ["lon", "lat"]].astype(float)
    apart_km = measure_apart_km(at["lon"].to_numpy(), at["lat"].to_numpy(), lon, lat)
    return register.records[rng.choice(at.index[apart_km >= 500])][TEXT]


def damage(register, seed):
    """A third each, and as many more moved by degrees; which records, by kind."""
    rng = np.random.default_rng(seed)
    texts = pd.Series([record[TEXT] for record in register.records])
    signed = np.flatnonzero(register.sound & texts.str.contains("-").to_numpy(dtype=bool))
    signs = rng.choice(signed, A_THIRD, replace=False)
    rest = np.setdiff1d(np.flatnonzero(register.sound), signs)
    swaps, far, near = rng.choice(rest, 3 * A_THIRD, replace=False).reshape(3, -1)
    records = [dict(record) for record in register.records]
    for rows, change in ((signs, drop_sign), (swaps, swap_axes), (near, move_by_degrees)):
        for row in rows:
            records[row][TEXT] = change(texts[row], rng)
    for row in far:
        records[row][TEXT] = move_to_another(register, row, rng)
    path = register.folder / f"damaged-{seed}.json"
    path.write_text(json.dumps(records), encoding="utf-8")
    return path, {"sign": signs, "swap": swaps, "far": far, "near": near}


def list_told(findings):
    """What is said of each record: its row and the findings."""
    told = {}
    for fault in findings:
        if fault.row is not None:
            told.setdefault(fault.row - 1, []).append(fault)
    return told


def is_restored(faults, row, damaged, frame):
    """Whether a fix gives back the pair that stood there before."""
    for fault in faults:
        pair = {axis: float(damaged.at[row, axis]) for axis in ("lon", "lat")}
        pair |= {column: float(value) for column, value in fault.fix}
        if fault.fix and all(abs(pair[axis] - float(frame.at[row, axis])) < 1e-6 for axis in pair):
            return True
    return False


def measure_found(register, seed):
    path, rows = damage(register, seed)
    frame, intake = enter(path)
    assert intake.read == len(register.records) == len(intake.accepted) + intake.quarantined
    faults, remarks = list_told(intake.faults), list_told(intake.remarks)
    found = {}
    for kind in ("sign", "swap"):
        aside = [is_restored(faults.get(row, []), row, frame, register.frame)
                 for row in rows[kind]]
        told = [is_restored(remarks.get(row, []), row, frame, register.frame)
                for row in rows[kind]]
        found |= {f"{kind} aside": np.mean(aside),
                  f"{kind} told": np.mean(np.array(aside) | np.array(told))}
    beyond = [row for row in rows["swap"] if abs(float(frame.at[row, "lat"])) > 90]
    assert all(row in faults for row in beyond)
    for kind in ("far", "near"):
        flagged = [row in faults or any(" km from " in fault.reason for fault in
                                        remarks.get(row, [])) for row in rows[kind]]
        found |= {f"{kind} flagged": np.mean(flagged),
                  f"{kind} aside": np.mean([row in faults for row in rows[kind]])}
    return found | {"swaps beyond 90": len(beyond)}


def test_damaged_records_are_found(register, capsys):
    table = pd.DataFrame({seed: measure_found(register, seed) for seed in SEEDS}).T
    with capsys.disabled():
        print(f"\n{table.round(3).to_string()}\n{table.mean().round(3).to_string()}")
    for word in ("aside", "told"):
        assert table[[f"sign {word}", f"swap {word}"]].mean().mean() >= 0.98
    assert (table[["sign told", "swap told"]].mean(axis=1) >= 0.98).all()
    assert (table["far flagged"] >= 0.80).all()
    assert table["near flagged"].mean() >= 0.80


def test_few_untouched_records_are_set_aside(register, capsys):
    """The register's own errors, which anyone can verify on a map, are counted apart."""
    frame, faults = register.frame, list_told(register.intake.faults)
    out_km = measure_out_km(frame)
    kinds = pd.Series({row: name_kind(found) for row, found in faults.items()}).sort_index()
    off = out_km > NEAR_KM
    near = out_km <= NEAR_KM
    aside = ~register.sound
    placed = kinds.index[kinds != "another column"]
    with capsys.disabled():
        print(f"\n{len(frame)} read, {aside.sum()} set aside; {off.sum()} lie > 150 km outside "
              f"the country they state, {(off & aside).sum()} of these are set aside; of the other "
              f"{near.sum()} with a known country, {(near & aside).sum()}")
        print(pd.crosstab(kinds.to_numpy(), np.where(off[kinds.index], "> 150 km out", "other")))
        print(pd.crosstab(np.where(off[placed], "> 150 km out", "other"), register.year[placed]))
    assert (near & aside).sum() < 0.01 * near.sum()
    assert set(np.flatnonzero(aside)) == set(kinds.index)


def name_kind(faults):
    place = [fault for fault in faults if fault.column in {"lon, lat", "geometry"}]
    if not place:
        return "another column"
    return place[0].suggestion.partition(":")[0] or "no suggestion"


def test_the_errors_are_the_registers_own(register, capsys):
    """By polygons alone, and by the register's other edition: no suggestion is asked."""
    frame = register.frame
    out_km = measure_out_km(frame)
    wrong = np.flatnonzero(~register.sound & (out_km > NEAR_KM))
    turned = frame.iloc[wrong].rename(columns={"lon": "lat", "lat": "lon"})
    turned_km = measure_out_km(turned)
    path = require_shared("iom_missing_migrants", "Missing_Migrants_Global_Figures_to_2021.xlsx")
    other = read_haul(path, Wanted(SPEC), adapter="iom").frame.drop_duplicates("incident_id")
    other = other.set_index("incident_id")[["lon", "lat"]].apply(pd.to_numeric, errors="coerce")
    mine = frame.iloc[wrong].set_index("incident_id")[["lon", "lat"]].astype(float)
    shared = mine.index.intersection(other.index)
    alike = ((mine.loc[shared] - other.loc[shared]).abs() < 1e-4).all(axis=1)
    with capsys.disabled():
        print(f"\n{len(wrong)} set aside > 150 km out; {(turned_km == 0).sum()} of them would lie "
              f"in their country, {(turned_km <= NEAR_KM).sum()} within 150 km of it, were the "
              f"axes turned; {len(shared)} are in the spreadsheet too, {alike.sum()} of them at "
              "the same place")
    assert (turned_km <= NEAR_KM).sum() > 0.7 * len(wrong)
    assert alike.mean() > 0.95


def test_the_stated_place_is_never_repeated(register):
    words = [record["location_description"].strip() for record in register.records]
    for findings in (register.intake.faults, register.intake.remarks):
        for row, found in list_told(findings).items():
            long = len(words[row]) > 30
            assert not (long and any(words[row] in fault.reason for fault in found))
