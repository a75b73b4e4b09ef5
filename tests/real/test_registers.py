"""The real registers through their adapters and intake: nothing is lost, and what agrees agrees.

The data are read where they lie and never copied; without them these tests skip by name.
"""

from __future__ import annotations

import csv
import datetime as dt

import pandas as pd
import pytest
from surroundings import require_shared

from layers.adapters import hurdat, inegi, iom, ucdp
from layers.catalog import find_spec
from layers.intake import Limits, take_in
from layers.readers.samples import take_sample
from layers.sources import Wanted

LIMITS = Limits(today=dt.date(2026, 11, 22))
YEARS = range(2014, 2022)
GLOBAL = "Missing_Migrants_Global_Figures_to_2021.xlsx"
# Classes of the register's own wide table, as METHOD 1.2 maps them.
OWN_CLASSES = {"Mixed": "unk", "Drowning": "wat", "Vehicle": "acc", "Accidental": "acc",
               "Harsh": "env", "Sickness": "env", "Violence": "sec"}


def read(adapter, path, layer):
    assert adapter.recognise(take_sample(path))
    haul = adapter.read(path, Wanted(find_spec(layer)))
    intake = take_in(haul.frame, find_spec(layer), source=path.name, limits=LIMITS)
    assert intake.read == len(haul.frame) == len(intake.accepted) + intake.quarantined
    print(path.name, intake.count(), *haul.notes, sep="\n  ")
    return haul, intake


@pytest.fixture(scope="module")
def yearly():
    folder = require_shared("iom_missing_migrants")
    return {year: read(iom.ADAPTER, folder / f"{year}-json.json", "incidents") for year in YEARS}


@pytest.fixture(scope="module")
def download():
    return read(iom.ADAPTER, require_shared("iom_missing_migrants") / GLOBAL, "incidents")


def test_every_record_of_the_eight_years_comes_in_or_is_set_aside(yearly):
    assert sum(intake.read for _, intake in yearly.values()) == 10_828
    assert sum(intake.quarantined for _, intake in yearly.values()) < 0.01 * 10_828
    ids = pd.concat([haul.frame["incident_id"] for haul, _ in yearly.values()])
    assert ids[ids != ""].is_unique
    assert (ids == "").sum() == 1
    assert [haul.scope for haul, _ in yearly.values()] == [f"iom {year}" for year in YEARS]


def test_every_record_of_the_download_comes_in_or_is_set_aside(download):
    haul, intake = download
    assert intake.read == 10_191
    assert intake.quarantined < 0.01 * intake.read
    assert haul.frame["incident_id"].is_unique
    assert haul.scope == "iom 2014-2021"


def test_both_shapes_agree_on_coordinates(yearly, download):
    """At least 99.5 % of the records that both have with coordinates; 36 have them in one only."""
    ours = pd.concat([haul.frame for haul, _ in yearly.values()])
    both = ours.merge(download[0].frame, on="incident_id", suffixes=("", "_wide"))
    both = both[both["incident_id"] != ""]
    placed = both[(both["lon"] != "") & (both["lon_wide"] != "")]
    numbers = {name: pd.to_numeric(placed[name]) for name in ("lon", "lat", "lon_wide", "lat_wide")}
    agree = ((numbers["lon"] - numbers["lon_wide"]).abs() < 1e-6) & (
        (numbers["lat"] - numbers["lat_wide"]).abs() < 1e-6)
    print(f"{len(both):,} shared, {len(placed):,} with both coordinates, "
          f"{agree.mean():.4%} agree, {(~agree).sum()} differ")
    assert len(both) > 10_000
    assert len(both) - len(placed) < 40
    assert agree.mean() >= 0.995


def test_split_incidents_sum_to_the_row_of_the_download(yearly, download):
    """The parts of the yearly files and the one row of the download count the same people."""
    ours = pd.concat([haul.frame for haul, _ in yearly.values()])
    parts = ours[ours["incident_id"].str.contains("-p")]
    whole = parts["incident_id"].str.partition("-p")[0]
    sums = pd.to_numeric(parts["n_victims"]).groupby(whole).sum()
    wide = download[0].frame.set_index("incident_id")["n_victims"]
    shared = sums.index.intersection(wide.index)
    agree = (sums[shared] == pd.to_numeric(wide[shared])).mean()
    print(f"{len(sums)} split incidents, {len(shared)} in both, {agree:.1%} with the same sum")
    assert len(shared) > 150
    assert agree > 0.9


def test_classes_by_words_agree_with_the_register_own_classes(yearly, download):
    ours = pd.concat([haul.frame for haul, _ in yearly.values()])
    both = ours.merge(download[0].frame, on="incident_id", suffixes=("", "_own"))
    agree = (both["class"] == both["class_own"]).mean()
    # Sickness and harsh conditions at once are "mixed" to the register, and one class to us.
    joined = ((both["class"] == "env") & (both["class_own"] == "unk")).mean()
    print(f"{len(both):,} records: {agree:.1%} the same class; {joined:.1%} env, mixed there")
    assert agree > 0.93
    assert agree + joined > 0.985
    counts: dict[str, int] = {}
    for haul, _ in yearly.values():
        for heading, found in haul.unmapped.items():
            counts[heading] = counts.get(heading, 0) + sum(found.values())
    print(counts)
    assert counts["cause of death"] < 0.005 * 10_828


def test_every_event_of_the_conflict_register_comes_in():
    haul, intake = read(ucdp.ADAPTER, require_shared("ucdp_ged") / "ged_mexico_to_2019.csv",
                        "incidents")
    assert intake.count() == {"read": 8_090, "accepted": 8_090, "quarantined": 0}
    assert haul.frame["subtype"].value_counts().to_dict() == {
        "non_state": 7_933, "one_sided": 122, "state_based": 35}
    assert not haul.unmapped


@pytest.mark.parametrize(("name", "storms", "weak", "still"), [
    ("hurdat2-1851-2016-041117-SHORT.txt", 290, 27, 3),
    ("hurdat2-nepac-1949-2016-041317.txt", 1_072, 91, 0),
])
def test_every_storm_is_a_row_or_listed_as_too_weak(name, storms, weak, still):
    path = require_shared("hurdat2") / name
    haul, intake = read(hurdat.ADAPTER, path, "hazard_storms")
    heads = sum(line[:2].isalpha() for line in path.read_text(encoding="ascii").splitlines())
    listed = haul.unmapped["storm below 34 kt"]
    assert heads == storms == len({id_[:8] for id_ in haul.frame["storm_id"]}) + len(listed)
    assert len(listed) == weak
    # Seen in one place only: no line.
    assert intake.quarantined == still


@pytest.mark.parametrize("year", range(2010, 2016))
def test_homicides_sum_to_the_national_total(year):
    path = require_shared("mexico_inegi") / f"{year}.csv"
    haul, intake = read(inegi.ADAPTER, path, "area_counts")
    assert intake.quarantined == 0
    assert haul.notes[-1] == "every total of the file agrees with the sum of its parts"
    rows = list(csv.reader(path.read_text(encoding="latin-1").splitlines()))
    total = next(row for row in rows if row[1:2] == ["Total"])
    assert intake.accepted["people"].sum() == int(total[2].replace(",", ""))
    january = intake.accepted.loc[intake.accepted["month"] == f"{year}-01", "people"].sum()
    assert january == int(total[3].replace(",", ""))
