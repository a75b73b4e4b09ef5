"""Doubts and precision as they reach a person: invented rows through `take_in`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layers.catalog import find_spec
from layers.gazetteer import load_gazetteer
from layers.intake import Limits, take_in
from layers.quality.middles import list_middles

LIMITS = Limits(gazetteer=load_gazetteer())
INCIDENTS, SHELTERS = find_spec("incidents"), find_spec("shelters")


def fill_columns(rows, spec):
    """Empty columns for what a layer asks for and a row does not say."""
    missing = [name for name, column in spec.columns.items()
               if column.required and name not in rows]
    return rows.assign(**dict.fromkeys(missing, ""))


def take_incidents(lon, lat, **columns):
    rows = pd.DataFrame({"lon": lon, "lat": lat}).assign(
        date="2020-02-29", dead="1", missing="0", n_victims="1", source="invented",
        synthetic="true", **{"class": "env"} | columns)
    rows["incident_id"] = [f"i-{number:03d}" for number in range(len(rows))]
    rows = fill_columns(rows, INCIDENTS)
    return take_in(rows, INCIDENTS, source="invented.csv", limits=LIMITS)


def scatter(number):
    """Places of their own in Guatemala, for a file of which a fifth may not be at fault."""
    rng = np.random.default_rng(4)
    return ([f"{x:.5f}" for x in rng.uniform(-91, -90, number)],
            [f"{y:.5f}" for y in rng.uniform(14.8, 15.3, number)])


def take_shelter(lon, lat, country, town=""):
    east, north = scatter(9)
    rows = pd.DataFrame({"lon": [lon, *east], "lat": [lat, *north]}).assign(
        name="EXAMPLE - shelter", operator_kind="ngo", services="shelter", source="invented",
        synthetic="true", country="GT")
    rows["place_id"] = [f"gt-x-{number}" for number in range(len(rows))]
    rows = fill_columns(rows, SHELTERS)
    rows.loc[0, ["country", "town"]] = [country, town]
    return take_in(rows, SHELTERS, source="invented.csv", limits=LIMITS)


def tell_first(findings, row=1):
    return [(fault.reason, fault.suggestion) for fault in findings if fault.row == row]


def test_the_middle_of_a_municipality_is_told_and_is_as_coarse_as_it():
    middles = list_middles(LIMITS.gazetteer)
    place = LIMITS.gazetteer.places.query("name == 'Pima County'").iloc[0]
    sigma_km = np.sqrt(place["area_km2"] / (2 * np.pi))
    assert sigma_km in middles.sigma_km
    intake = take_incidents([f"{place['lon']:.4f}", "-111.98765"],
                            [f"{place['lat']:.4f}", "32.12345"], coord_precision_km="0.3")
    assert intake.accepted["coord_precision_km"].tolist() == pytest.approx([sigma_km, 0.3])
    reason = "the middle of Pima County: good to some {:.0f} km if the area is what was meant"
    assert tell_first(intake.remarks) == [(reason.format(sigma_km), "")]
    assert not tell_first(intake.remarks, row=2)


def test_what_a_row_states_of_itself_is_never_made_finer():
    place = LIMITS.gazetteer.places.query("name == 'Orizaba' and level == 2").iloc[0]
    intake = take_incidents([f"{place['lon']:.4f}"], [f"{place['lat']:.4f}"],
                            coord_precision_km="50")
    assert intake.accepted["coord_precision_km"].tolist() == [50]


def test_the_middle_of_a_first_division_leaves_the_surface():
    place = LIMITS.gazetteer.places.query("name == 'Sonora' and level == 1").iloc[0]
    intake = take_incidents([f"{place['lon']:.4f}"], [f"{place['lat']:.4f}"])
    assert intake.accepted["coord_precision_km"].iloc[0] > 100


@pytest.mark.parametrize(("place", "least_km", "most_km"), [
    ("Unspecified location in Sonora, Mexico", 150, 200),
    ("Caborca, Sonora, Mexico", 2, 15),
    ("Unspecified location in the desert", 10, 10),
])
def test_many_on_one_spot_are_as_coarse_as_the_place_that_they_name(place, least_km, most_km):
    lon, lat = ["-112.15761"] * 12 + ["-112.25761"], ["30.71662"] * 12 + ["30.61662"]
    intake = take_incidents(lon, lat, coord_precision_km="0.3", _country="Mexico", _place=place)
    precision_km = intake.accepted["coord_precision_km"]
    assert precision_km.iloc[:12].between(least_km, most_km).all()
    assert precision_km.iloc[12] == 0.3
    told = [fault.row for fault in intake.remarks if "12 rows on this spot" in fault.reason]
    assert told == list(range(1, 13))


def test_written_zeros_are_digits_where_a_hand_wrote_them():
    intake = take_incidents(["-77.00", "-77", "-77.5"], ["8.00", "8", "8.2"])
    assert intake.accepted["coord_precision_km"].tolist() == [2, 80, 10]
    padded = take_incidents(["-77.000"] + [f"{-77 - n / 999:.3f}" for n in range(1, 12)],
                            ["8.000"] + [f"{8 + n / 999:.3f}" for n in range(1, 12)])
    assert padded.accepted["coord_precision_km"].iloc[0] == 80


def test_a_shelter_in_another_country_than_it_states():
    intake = take_shelter("-99.1332", "19.4326", "GT", "Quetzaltenango")
    assert [fault.id for fault in intake.faults] == []
    reason, suggestion = tell_first(intake.remarks)[0]
    assert reason.startswith("in Mexico, ")
    assert "km from Guatemala, which the record states" in reason
    assert "km from Quetzaltenango, which the record names" in reason
    assert suggestion == ""


def test_a_shelter_whose_sign_was_lost():
    intake = take_shelter("91.5180", "14.8450", "GT", "Quetzaltenango")
    fault, = intake.faults
    assert fault.suggestion == "lon sign lost: -91.518?"
    assert fault.fix == (("lon", "-91.518"),)
    assert fault.confidence > 0.9
    assert "km from Guatemala, which the record states" in fault.reason


def test_a_shelter_whose_town_is_elsewhere_in_its_country():
    intake = take_shelter("-90.0712", "16.9310", "GT", "Quetzaltenango")
    assert not intake.faults
    (reason, suggestion), = tell_first(intake.remarks)
    assert reason.endswith("km from Quetzaltenango, which the record names")
    assert suggestion == ""


def test_a_shelter_at_sea():
    intake = take_shelter("-92.5432", "13.2345", "GT")
    assert not intake.faults
    assert any(reason.startswith("at sea, ") and reason.endswith("km from land")
               for reason, _ in tell_first(intake.remarks))


def test_a_country_that_contradicts_the_position_on_the_far_side_of_the_world():
    intake = take_shelter("-90.5069", "14.6349", "LB", "Beirut")
    fault, = intake.faults
    assert fault.reason.startswith("in Guatemala, ")
    assert "km from Lebanon, which the record states" in fault.reason
    assert fault.fix == ()


def test_a_name_that_no_gazetteer_knows_says_nothing():
    intake = take_shelter("-90.5069", "14.6349", "XX", "Poseidonia")
    assert not intake.faults
    assert not tell_first(intake.remarks)
