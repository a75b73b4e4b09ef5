"""HURDAT2: storms to passages; every storm is a row or is listed, and a cut file is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from register_mutations import DAMAGE, damage, read_hostile
from surroundings import CAMPAIGN

from layers.adapters.hurdat import ADAPTER, Fix, find_runs, parse_storms
from layers.catalog import find_spec
from layers.intake import take_in
from layers.readers.samples import take_sample
from layers.sources import Wanted

WANTED = Wanted(find_spec("hazard_storms"))
TAIL = ", -999" * 13 + ","


def write_storm(id_: str, *fixes: tuple[str, str, int], month: int = 8) -> str:
    lines = [f"{id_},            EXAMPLE,     {len(fixes)},"]
    lines += [f"2031{month:02d}{n // 4 + 1:02d}, {n % 4 * 6:02d}00,  , TS, {lat},  {lon}, "
              f"{wind:3d}{TAIL}" for n, (lat, lon, wind) in enumerate(fixes)]
    return "\n".join(lines) + "\n"


# Invented storms: one passage; two; a single strong position; none; one across 180 degrees;
# one whose only position leaves no line.
TEXT = (
    write_storm("EP012031", ("20.0N", "100.0W", 40), ("20.0N", "101.0W", 50))
    + write_storm("EP022031", ("20.0N", "100.0W", 35), ("20.0N", "101.0W", 30),
                  ("20.0N", "102.0W", 35), ("20.0N", "103.0W", 40))
    + write_storm("EP032031", ("20.0N", "90.0W", 30), ("20.0N", "91.0W", 35),
                  ("20.0N", "92.0W", 30))
    + write_storm("EP042031", ("20.0N", "90.0W", 30), ("21.0N", "91.0W", 25))
    + write_storm("CP052031", ("10.0N", "179.0W", 60), ("12.0N", "179.0E", 60))
    + write_storm("EP062031", ("20.0N", "90.0W", 60))
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "tracks.txt"
    path.write_text(TEXT, encoding="ascii")
    return path


def test_rows_by_hand(path):
    haul = ADAPTER.read(path, WANTED)
    rows = haul.frame.set_index("storm_id")
    assert {name: line.wkt if line else "" for name, line in rows.geometry.items()} == {
        "ep012031": "LINESTRING (-100 20, -101 20)",
        "ep022031": "LINESTRING (-100 20, -100.2 20)",
        "ep022031-2": "LINESTRING (-101.8 20, -102 20, -103 20)",
        "ep032031": "LINESTRING (-90.8 20, -91 20, -91.2 20)",
        "cp052031": "LINESTRING (-179 10, -180 11)",
        "cp052031-b": "LINESTRING (180 11, 179 12)",
        "ep062031": "",
    }
    assert rows["max_wind_kt"].tolist() == [50, 35, 40, 35, 60, 60, 60]
    assert rows["_record"].tolist() == [1, 4, 4, 9, 16, 16, 19]
    assert set(rows["year"]) == {2031}
    assert set(rows["month"]) == {8}
    assert haul.unmapped == {"storm below 34 kt": {"ep042031": 1}}
    assert haul.scope == "hurdat2 cp,ep"
    assert "HURDAT2" in ADAPTER.recognise(take_sample(path))


def test_what_is_read_is_accepted_or_quarantined(path):
    intake = take_in(ADAPTER.read(path, WANTED).frame, WANTED.spec, source="t.txt")
    assert intake.count() == {"read": 7, "accepted": 6, "quarantined": 1}
    assert (intake.faults[0].row, intake.faults[0].id) == (19, "ep062031")


def test_every_storm_is_a_row_or_is_listed(path):
    haul = ADAPTER.read(path, WANTED)
    told = {id_[:8] for id_ in haul.frame["storm_id"]} | set(haul.unmapped["storm below 34 kt"])
    assert told == {storm.id for storm in parse_storms(TEXT)}


@pytest.mark.parametrize(("text", "reason"), [
    (TEXT[:-100], "line 20 is no position|the file is cut short"),
    (TEXT.replace("  2,", "  3,", 1), "line 4 is no position"),
    (TEXT.replace("  2,", "  1,", 1), "line 3 is no storm's header"),
    (TEXT.rsplit("\n", 2)[0], "the storm announces 1 positions, 0 follow"),
    ("nothing\n", "line 1 is no storm's header"), ("", "empty|no storm"),
])
def test_a_cut_or_edited_file_is_refused(path, text, reason):
    path.write_text(text, encoding="ascii")
    with pytest.raises(ValueError, match=reason):
        ADAPTER.read(path, WANTED)


@example([33, 34, 35, 34, 33])
@given(st.lists(st.integers(-99, 160), min_size=1, max_size=30))
def test_runs_hold_every_strong_position_once(winds):
    runs = find_runs(tuple(Fix(0.0, 0.0, wind, 1) for wind in winds))
    held = [n for first, last in runs for n in range(first, last + 1)]
    assert held == [n for n, wind in enumerate(winds) if wind >= 34]
    assert all(b[0] - a[1] > 1 for a, b in pairwise(runs))


FIXES = st.tuples(st.floats(-60, 60), st.floats(-180, 180), st.integers(-99, 160))


@given(st.lists(FIXES, min_size=1, max_size=12))
def test_lines_stay_on_the_globe(fixes):
    text = write_storm("EP012031", *(
        (f"{abs(lat):.1f}{'N' if lat >= 0 else 'S'}", f"{abs(lon):.1f}{'E' if lon >= 0 else 'W'}",
         wind) for lat, lon, wind in fixes))
    from layers.adapters.hurdat import list_passages

    for row in list_passages(parse_storms(text)[0]):
        line = row["geometry"]
        assert row["max_wind_kt"] >= 34
        if line is not None:
            west, south, east, north = line.bounds
            assert -180 <= west <= east <= 180
            assert -60.1 <= south <= north <= 60.1


def test_hostile_files_raise_only_what_is_declared(path, tmp_path):
    hostile = tmp_path / "hostile.txt"
    seen = {"read": 0, "refused": 0}

    @settings(max_examples=10_000 if CAMPAIGN else 500)
    @given(DAMAGE)
    def check(how):
        hostile.write_bytes(damage(TEXT.encode(), how))
        haul = read_hostile(ADAPTER, hostile, WANTED)
        seen["refused" if haul is None else "read"] += 1

    check()
    assert min(seen.values()) > 5
