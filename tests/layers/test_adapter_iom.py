"""The IOM register in its three shapes: the same record has the same id, place and class."""

from __future__ import annotations

import csv
import json
import random

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from register_mutations import DAMAGE, damage, read_hostile
from surroundings import CAMPAIGN

from layers.adapters.iom import ADAPTER, COLUMNS, convert_records, make_id
from layers.catalog import find_spec
from layers.intake import take_in
from layers.readers.samples import take_sample
from layers.sources import Wanted

WANTED = Wanted(find_spec("incidents"))
PERSON = "Juana Example"
# Invented rows: an event of two parts, one with an entity in its source, one without a date.
RECORDS = [
    {"web_id": "2031.MMP0001", "reported_date": "2031-01-05", "number_dead": "2",
     "number_missing": "", "total_dead_and_missing": "2", "cause_death": "Presumed drowning",
     "location_coodinates": "19.5, -97.25", "information_source": "A &amp; B News.",
     "country_of_incident": "Example", "location_description": f"house of {PERSON}",
     "country_of_origin": "Nowhere", "name": PERSON, "url": "https://example.org/1"},
    {"web_id": "2031.MMP0002", "reported_date": "2031-01-06", "number_dead": "1",
     "number_missing": "0", "total_dead_and_missing": "1", "cause_death": "Shot by smugglers",
     "location_coodinates": "8, -77", "information_source": "", "url": ""},
    {"web_id": "2031.MMP0002", "reported_date": "2031-01-06", "number_dead": "3",
     "number_missing": "1,004", "total_dead_and_missing": "", "cause_death": "Fell from train",
     "location_coodinates": "8, -77", "information_source": "C", "url": ""},
    {"web_id": "2031.MMP0003", "reported_date": "", "number_dead": "1", "number_missing": "",
     "total_dead_and_missing": "1", "cause_death": "Lost on the way",
     "location_coodinates": "", "information_source": "C", "url": ""},
]
DOWNLOAD = ["Main ID", "Incident ID", "Incident Type", "Region of Incident", "Incident Date",
            "Number of Dead", "Minimum Estimated Number of Missing",
            "Total Number of Dead and Missing", "Country of Origin", "Cause of Death",
            "Country of Incident", "Location of Incident", "Coordinates", "Information Source",
            "URL"]


def make_rows(records: list[dict]) -> list[list[str]]:
    """The same records as the download has them: WKT, the axes the other way about."""
    rows = []
    for record in records:
        lat, _, lon = record["location_coodinates"].partition(", ")
        rows.append([
            record["web_id"], record["web_id"], "Incident", "Example", record["reported_date"],
            record["number_dead"], record["number_missing"], record["total_dead_and_missing"],
            "Nowhere", record["cause_death"], record.get("country_of_incident", ""),
            record.get("location_description", ""), f"POINT ({lon} {lat})" if lat else "",
            record["information_source"], record["url"],
        ])
    return rows


def write_json(path, records):
    path.write_text(json.dumps(records), encoding="utf-8")
    return path


def write_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([DOWNLOAD, *rows])
    return path


def write_xlsx(path, rows):
    book = openpyxl.Workbook()
    book.active.append(DOWNLOAD)
    for row in rows:
        numbers = [int(cell) if cell.isdigit() else cell for cell in row]
        book.active.append(numbers)
    book.save(path)
    return path


def read(path):
    return ADAPTER.read(path, WANTED)


def test_all_three_shapes_give_the_same_rows(tmp_path):
    rows = make_rows(RECORDS)
    files = [write_json(tmp_path / "a.json", RECORDS), write_csv(tmp_path / "a.csv", rows),
             write_xlsx(tmp_path / "a.xlsx", rows)]
    frames = [read(path).frame.drop(columns="_record") for path in files]
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])
    assert [read(path).scope for path in files] == ["iom 2031"] * 3
    assert all("IOM" in ADAPTER.recognise(take_sample(path)) for path in files)


def test_rows_by_hand(tmp_path):
    frame = read(write_json(tmp_path / "a.json", RECORDS)).frame
    assert frame["lon"].tolist() == ["-97.25", "-77", "-77", ""]
    assert frame["lat"].tolist() == ["19.5", "8", "8", ""]
    assert frame["class"].tolist() == ["wat", "sec", "acc", "unk"]
    assert frame["n_victims"].tolist() == ["2", "1", "1007", "1"]
    assert frame["coord_precision_km"].tolist() == ["2.0", "80.0", "80.0", ""]
    assert frame["source"].tolist() == ["A & B News", "unnamed source", "C", "C"]
    assert frame["incident_id"].iloc[[0, 3]].tolist() == ["2031-mmp0001", "2031-mmp0003"]
    assert frame["incident_id"].str.fullmatch(r"2031-mmp0002-p[0-9a-f]{6}").sum() == 2


def test_what_is_read_is_accepted_or_quarantined(tmp_path):
    records = RECORDS[:3] * 1 + [
        RECORDS[0] | {"web_id": f"2031.MMP1{n:03d}"} for n in range(20)] + [RECORDS[3]]
    haul = read(write_json(tmp_path / "a.json", records))
    intake = take_in(haul.frame, WANTED.spec, source="a.json")
    assert intake.count() == {"read": 24, "accepted": 23, "quarantined": 1}
    assert {fault.row for fault in intake.faults} == {24}


def test_no_name_no_origin_and_no_free_text_leaves_but_the_place_that_stands_aside(tmp_path):
    haul = read(write_json(tmp_path / "a.json", RECORDS))
    shown = haul.frame.drop(columns="_place").to_csv() + str(haul.notes) + str(dict(haul.unmapped))
    assert PERSON not in shown
    assert "Nowhere" not in shown
    assert set(haul.frame.columns) <= {*WANTED.spec.columns, "incident_id", "lon", "lat",
                                       "_record", "_country", "_place", "_scope"}


def test_unmapped_causes_are_counted_and_names_are_not_repeated(tmp_path):
    odd = [RECORDS[3] | {"cause_death": f"Last seen with {PERSON}", "web_id": "2031.MMP9"}]
    haul = read(write_json(tmp_path / "a.json", RECORDS + odd))
    assert haul.unmapped["cause of death"] == {"[other wording]": 1, "lost on the way": 1}


@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_parts_keep_their_ids_in_any_order_and_when_a_part_is_added(shuffle, extra):
    parts = [RECORDS[1] | {"number_dead": str(n // 2 + 1), "url": f"u{n}"} for n in range(6)]
    more = [RECORDS[2] | {"number_dead": str(20 + n)} for n in range(extra)]
    before = name_by_url(parts)
    mixed = parts + more
    shuffle.shuffle(mixed)
    after = name_by_url(mixed)
    assert {url: after[url] for url in before} == before
    assert len(set(after.values())) == len(set(before.values())) + bool(extra)


def name_by_url(records: list[dict]) -> dict[str, str]:
    frame = convert_records(make_table(records))
    assert frame["incident_id"].is_unique
    return dict(zip(frame["source_url"], frame["incident_id"], strict=True))


def make_table(records):
    import pandas as pd

    table = {field: [next((r[n] for n in names if n in r), "") for r in records]
             for field, names in COLUMNS.items()}
    return pd.DataFrame(table | {"_record": range(1, len(records) + 1)})


@pytest.mark.parametrize(("text", "expected"), [
    ("2021.MMP0892", "2021-mmp0892"), ("2021.MMP00892", "2021-mmp00892"), ("7420", "7420"),
    ("it will be included next year", ""), ("", ""), ("<b>", ""),
])
def test_ids(text, expected):
    assert make_id(text) == expected


def test_a_cumulative_count_is_no_day(tmp_path):
    rows = make_rows(RECORDS)
    rows[0][2] = "Cumulative Incident"
    frame = read(write_csv(tmp_path / "a.csv", rows)).frame
    assert frame["date_precision"].tolist() == ["month", "day", "day", "day"]


def test_the_sheet_that_holds_the_register_is_found(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", make_rows(RECORDS))
    book = openpyxl.load_workbook(path)
    book.create_sheet("Read me", 0).append(["About", "these figures"])
    book.save(path)
    assert len(read(path).frame) == len(RECORDS)
    with pytest.raises(ValueError, match="no sheet 'x'; there are: 'Read me', 'Sheet'"):
        ADAPTER.read(path, Wanted(WANTED.spec, sheet="x"))


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,lat,lon\n1,2,3\n", encoding="utf-8")
    assert ADAPTER.recognise(take_sample(path)) == ""
    with pytest.raises(ValueError, match="not the IOM register: no column web_id"):
        read(path)


@pytest.mark.parametrize("shape", ["json", "csv"])
def test_hostile_files_raise_only_what_is_declared(tmp_path, shape):
    write = {"json": lambda p: write_json(p, RECORDS),
             "csv": lambda p: write_csv(p, make_rows(RECORDS))}[shape]
    sound = write(tmp_path / f"sound.{shape}").read_bytes()
    path = tmp_path / f"hostile.{shape}"
    seen = {"read": 0, "refused": 0}

    @settings(max_examples=10_000 if CAMPAIGN else 250)
    @given(DAMAGE)
    def check(how):
        path.write_bytes(damage(sound, how))
        haul = read_hostile(ADAPTER, path, WANTED)
        seen["refused" if haul is None else "read"] += 1
        if haul is not None:
            ids = haul.frame["incident_id"]
            assert ids[ids != ""].is_unique

    check()
    assert min(seen.values()) > 3


VALUES = st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.none(), st.booleans(),
                   st.lists(st.integers(), max_size=2), st.sampled_from(
                       [v for r in RECORDS for v in r.values()] + ["POINT (1e5 2)", "-0, 180."]))


def test_hostile_values_raise_only_what_is_declared(tmp_path):
    path = tmp_path / "a.json"
    keys = st.sampled_from([*sorted(RECORDS[0]), "Main ID", "incident_type", ""])
    rows = st.lists(st.dictionaries(keys, VALUES), max_size=5)

    @settings(max_examples=10_000 if CAMPAIGN else 250)
    @given(rows)
    def check(records):
        write_json(path, [*RECORDS[:1], *records])
        haul = read_hostile(ADAPTER, path, WANTED)
        assert haul is None or len(haul.frame) == len(records) + 1

    check()


def test_the_order_of_the_file_is_the_order_of_the_rows(tmp_path):
    numbers = random.Random(1).sample(range(99), 9)
    records = [RECORDS[0] | {"web_id": f"2031.MMP{n}"} for n in numbers]
    frame = read(write_json(tmp_path / "a.json", records)).frame
    assert frame["incident_id"].tolist() == [make_id(r["web_id"]) for r in records]
    assert frame["_record"].tolist() == list(range(1, 10))
