"""Capacity of a study: the grid by hand, without flows, before each audience; needs by Sphere."""

from __future__ import annotations

import csv
import datetime as dt

import grid_study as grid
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from georisk.capacity.needs import Sphere, estimate_needs, read_sphere
from georisk.capacity.presence import measure_presence
from georisk.capacity.room import count_room, measure_served
from georisk.parameters import Parameters
from georisk.study import Study
from layers.catalog import find_spec
from layers.disclosure import disclose
from layers.errors import CallError, NotShownError

TODAY = dt.date(2025, 1, 15)
MONTHS = [f"2024-{n:02d}" for n in range(1, 13)]
A_HUNDRED_A_DAY = 36525 / 12
PARTS = ["with_service", "short", "unreachable"]
# 100 a day, five segments of 1 km at 5.0367 km/h, ten hours a day
NIGHTS = 100 * 5 / grid.FLAT_KMH / 10


def edit_capacity(folder, place, capacity, unit):
    path = folder / "shelters.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    if "capacity_unit" not in rows:
        rows["capacity_unit"] = ""
    rows.loc[rows["place_id"] == place, ["capacity", "capacity_unit"]] = [capacity, unit]
    rows.to_csv(path, index=False)


def add_layer(folder, name, rows):
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with (folder / "study.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[layers.{name}]\npath = "{name}.csv"\n')


def count_people(leg="n00", direction="forward", people=A_HUNDRED_A_DAY):
    return [{"place_or_leg": leg, "month": month, "direction": direction, "people": people,
             "source": "invented", "synthetic": "true"} for month in MONTHS]


@pytest.fixture
def folder(tmp_path):
    grid.write_grid_study(tmp_path / "study")
    return tmp_path / "study"


def open_study(folder):
    return Study.open(folder, today=TODAY)


def test_by_hand_on_the_grid(folder):
    """100 people a day walk 5 km north: 9.93 nights; the shelter ahead has 5 beds.

    The other shelter that men may use is 40 km on, 7.9 h: within 8 h, but nobody stated its beds.
    """
    add_layer(folder, "flows", count_people())
    edit_capacity(folder, "gt-ex-2", "5", "beds")
    study = open_study(folder)
    places = study.layer("capacity").frame
    row = places.loc["gt-ex-2-shelter"]
    assert row["demand"] == pytest.approx(NIGHTS, abs=2e-3)
    assert row["with_service"] == row["load"] == 5
    assert row["short"] == row["unverified"] == pytest.approx(NIGHTS - 5, abs=2e-3)
    assert row["unreachable"] == 0
    assert row["utilisation"] == 1
    assert row["basis"] == "stated"
    assert bool(row["one_more"])
    far = places.loc["gt-ex-4-shelter"]
    assert far["basis"] == "unverified"
    assert far["demand"] == 0
    assert pd.isna(far["capacity"])
    assert pd.isna(far["load"])
    total = study.layer("capacity_totals").frame.loc["west-shelter-forward"]
    assert total["demand"] == pytest.approx(NIGHTS, abs=2e-3)
    assert total["counted_km"] == pytest.approx(5, abs=5e-3)
    notes = " ".join(study.made("capacity").warnings)
    assert "shelter, beds, mean day on 5 km where people were counted: 9.9 needed = 5.0" in notes
    assert "1 places of unknown capacity" in notes


def test_a_known_place_farther_on_takes_who_is_short(folder):
    add_layer(folder, "flows", count_people())
    edit_capacity(folder, "gt-ex-2", "5", "beds")
    edit_capacity(folder, "gt-ex-4", "20", "beds")
    places = open_study(folder).layer("capacity").frame
    assert places.loc["gt-ex-4-shelter", "load"] == pytest.approx(NIGHTS - 5, abs=2e-3)
    assert places.loc["gt-ex-2-shelter", "short"] == 0
    assert places.loc["gt-ex-2-shelter", "with_service"] == pytest.approx(NIGHTS, abs=2e-3)
    assert not places["one_more"].fillna(value=False).loc["gt-ex-2-shelter"]


def test_both_directions_and_every_total_adds_up(folder):
    """South of km 10 there is no shelter at all going south: unreachable."""
    rows = [*count_people(), *count_people(direction="backward", people=A_HUNDRED_A_DAY / 2),
            *count_people(leg="e00")]
    add_layer(folder, "flows", rows)
    edit_capacity(folder, "gt-ex-2", "5", "beds")
    study = open_study(folder)
    totals = study.layer("capacity_totals").frame
    south = totals.loc["west-shelter-backward"]
    assert south["unreachable"] == south["demand"] == pytest.approx(NIGHTS / 2, abs=2e-3)
    known = totals[totals["demand"].notna()]
    assert known[PARTS].sum(axis=1).to_numpy() == pytest.approx(known["demand"].to_numpy(),
                                                                abs=5e-3)
    places = study.layer("capacity").frame
    some = places[places["demand"].notna()]
    assert some[PARTS].sum(axis=1).to_numpy() == pytest.approx(some["demand"].to_numpy(), abs=5e-3)
    assert (places["load"].fillna(0) <= places["capacity"].fillna(np.inf) + 1e-9).all()


def test_without_flows_nothing_is_needed_nor_zero(folder):
    edit_capacity(folder, "gt-ex-2", "5", "beds")
    study = open_study(folder)
    places, totals = study.layer("capacity").frame, study.layer("capacity_totals").frame
    assert places.loc["gt-ex-2-shelter", "capacity"] == 5
    for frame in (places, totals):
        assert frame[["demand", *PARTS, "unverified"]].isna().all().all()
    assert places["one_more"].isna().all()
    assert "no flow data" in " ".join(study.made("capacity").warnings)


def test_the_columns_are_those_of_the_spec_and_nobody_else_sees_them(folder):
    add_layer(folder, "flows", count_people())
    study = open_study(folder)
    for name in ("capacity", "capacity_totals"):
        layer, spec = study.layer(name), find_spec(name)
        assert list(layer.frame.columns) == list(spec.columns)
        assert layer.frame.index.is_unique
        assert layer.frame.index.is_monotonic_increasing
        assert layer.frame["synthetic"].all()
        for audience in ("public", "partner"):
            with pytest.raises(NotShownError):
                disclose(layer, audience, today=TODAY)
        assert len(disclose(layer, "restricted", today=TODAY).frame) == len(layer.frame)


def test_the_order_of_rows_changes_nothing(folder, tmp_path):
    add_layer(folder, "flows", count_people())
    edit_capacity(folder, "gt-ex-2", "5", "beds")
    one = open_study(folder).layer("capacity").frame
    for name in ("shelters", "flows"):
        rows = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        rows.iloc[::-1].to_csv(folder / f"{name}.csv", index=False)
    pd.testing.assert_frame_equal(one, open_study(folder).layer("capacity").frame)


def test_a_place_for_whom_men_are_not_admitted_has_no_row(folder):
    assert "gt-ex-5-shelter" not in open_study(folder).layer("capacity").frame.index


def test_presence_by_direction_of_a_leg_drawn_the_other_way():
    """Forward is northwards, however a leg is drawn."""
    flows = pd.DataFrame(count_people()).astype({"people": float})
    found = {}
    for reverse in (set(), {"n00"}):
        segments = grid.make_segments(grid.make_routes(reverse=reverse))
        travel = grid.make_travel(segments, grid.make_places(), signs=grid.turn_signs(reverse))
        presence = measure_presence(flows, segments, travel, as_of=dt.date(2024, 12, 31),
                                    walking_day_h=10)
        rows = presence[(segments["leg_id"] == "n00").to_numpy()]
        known = ~np.isnan(rows)
        assert known.sum() == 5
        found[bool(reverse)] = (known.any(axis=0).tolist(), np.nansum(rows))
        assert np.isnan(presence[(segments["leg_id"] != "n00").to_numpy()]).all()
    assert found[False][0] == [False, True]
    assert found[True][0] == [True, False]
    assert found[True][1] == pytest.approx(found[False][1])
    assert found[False][1] == pytest.approx(NIGHTS, rel=1e-5)


def test_a_capacity_in_another_unit_is_unknown_not_zero():
    places = pd.DataFrame({"capacity": [50.0, 0.0, 5.0], "capacity_unit": ["Beds ", "beds", "m3"]})
    shelter = count_room(places, "shelter", Sphere())
    assert shelter.amount[:2].tolist() == [50, 0]
    assert np.isnan(shelter.amount[2])
    assert shelter.basis.tolist() == ["stated", "stated", "unverified"]
    assert np.isnan(count_room(places, "medical", Sphere()).amount).all()
    bare = count_room(places[["capacity"]], "shelter", Sphere())
    assert np.isnan(bare.amount).all()


def test_what_places_told_of_counts_months_that_had_ended():
    told = pd.DataFrame({"place_id": "a", "month": ["2023-01", "2024-11", "2024-12", "2025-01"],
                         "service": "water", "people": [9000, 300, 309, 9000]})
    served = measure_served(told, pd.Index(["a"]), "water", as_of=dt.date(2024, 12, 31))
    assert served[0] == pytest.approx(304.5 * 12 / 365.25)
    assert np.isnan(measure_served(told, pd.Index(["a"]), "medical", as_of=TODAY)).all()
    assert np.isnan(measure_served(None, pd.Index(["a"]), "water", as_of=TODAY)).all()


def test_needs_of_four_thousand_people_for_three_days():
    """15 L x 4000 x 3; 250 a tap, 500 a pump, 20 a toilet, 3.5 m2, 18 beds for 10,000."""
    needs = estimate_needs(4000, 3)
    assert (needs.water_l, needs.water_first_l, needs.water_survival_l) == (180e3, 90e3, 36e3)
    assert (needs.taps, needs.handpumps, needs.toilets) == (16, 8, 200)
    assert (needs.shelter_m2, needs.inpatient_beds) == (14e3, 8)
    assert needs.consultations == pytest.approx(4000 * 3 * 4 / 365.25)
    assert read_sphere(Parameters.read()) == Sphere()


@given(st.floats(0, 1e6), st.floats(0, 1e3), st.floats(0, 1e5))
def test_more_people_never_need_less(people, days, more):
    one, two = estimate_needs(people, days), estimate_needs(people + more, days)
    for name in vars(one):
        assert getattr(two, name) >= getattr(one, name) * (1 - 1e-12)


@pytest.mark.parametrize(("people", "days"), [(-1, 1), (1, -1), (float("nan"), 1), (1, np.inf)])
def test_what_is_no_number_of_people_is_refused(people, days):
    with pytest.raises(CallError, match="0 or more"):
        estimate_needs(people, days)
