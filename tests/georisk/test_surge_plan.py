"""A plan on whole studies: sums, both ways of counting, the return, order of rows, towns."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from surge_world import open_embedded

from georisk.corridors import split_legs
from georisk.marking import Marking
from georisk.surge import tables
from georisk.surge.courses import Days, Roads, Stops, make_course
from georisk.surge.files import make_layer, write_files
from georisk.surge.group import Group
from georisk.surge.mix import parse_mix, read_mix
from georisk.surge.plan import plan_surge
from georisk.surge.shares import share_ways
from georisk.surge.tables import (
    list_measures,
    sum_costs,
    sum_divisions,
    tabulate_nights,
    tabulate_places,
)
from georisk.surge.telling import describe_plan, list_notes, tell_plan
from georisk.surge.towns import list_next_towns, tabulate_towns
from georisk.surge.ways import Way, list_tracks, list_ways
from georisk.towns import find_town
from georisk.walking import Traveller, WalkRules, When
from layers.errors import CallError

START = dt.date(2024, 4, 1)
TODAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def study():
    return open_embedded()


@pytest.fixture(scope="module")
def plan(study):
    return plan_surge(study, Group(4000, "tapachula", START, read_mix(study.parameters)))


@pytest.fixture(scope="module")
def told(study, plan):
    return describe_plan(plan, study.parameters)


def test_every_day_adds_up(plan, told):
    assert plan.scene.town == "Tapachula"
    home = 0
    for day in told["days"]:
        assert day["with_service"] + day["short"] + day["unreachable"] == day["on_the_way"]
        home += day["arrived"]
        assert day["on_the_way"] + home == 4000
        rows = [*day["places"], *day["stretches"]]
        assert sum(row["arrivals"] for row in rows) == day["on_the_way"]
        for name in ("with_service", "short", "unreachable"):
            assert sum(row[name] for row in rows) == day[name]
        for row in day["places"]:
            assert row["arrivals"] == row["with_service"] + row["short"]
        assert day["rations"] == day["on_the_way"] + day["arrived"]
    assert told["synthetic"] is True
    assert told["audience"] == "restricted"


def test_measures_leave_nobody_without(told):
    assert told["cleared"] == {"short": 0, "unreachable": 0}
    assert sum(day["short"] + day["unreachable"] for day in told["days"]) > 10_000
    cost = told["cost"]
    assert cost["usd"] == pytest.approx(sum(row["cost_usd"] for row in told["measures"]), abs=0.1)
    assert cost["usd"] == pytest.approx(sum(cost["by_measure"].values()), abs=0.1)
    assert cost["usd_low"] < cost["usd"] < cost["usd_high"]
    assert cost["beds_bound_usd"] <= cost["usd"]


def test_sentences_say_what_a_coordinator_asks(plan):
    way, short, first = tell_plan(plan)
    assert way.startswith("4,000 people arrive in Tapachula on Mon 2024-04-01, sleep there 1 night"
                          " and leave northwards on foot on Tue 2024-04-02. The first night 400 "
                          "have a bed there. In 7 nights 400 of 28,000")
    assert "worst on 2024-04-0" in short
    assert first.startswith("First, by the evening of 2024-04-01:")
    assert "nobody is then without a bed" in first


def test_slower_people_are_behind(plan):
    names = {n: course.profile for n, course in enumerate(plan.scene.courses)}
    last = [row for row in plan.least.rows if row.day == 3]
    far = {names[row.course]: row.km for row in last}
    assert far["family"] < far["pregnant"] < far["adult_man"]


def test_heat_and_profile_slow_what_is_walked():
    # 10 km in 2 h, then 10 km of train in 1 h; flag 4 all day halves walking from 6 to 16.
    way = Way("w", np.array([0, 1]), np.array([0, 0]), np.array([0.0, 10.0, 20.0]), 0.0, "B",
              np.zeros((3, 2)))
    roads = Roads(np.array(["p", "q"]), np.array([[2.0, 2.0], [1.0, 1.0]]),
                  np.array([True, False]), np.full((2, 12, 24), 4), np.zeros((2, 2), bool),
                  1.0, 0.6)
    nowhere = Stops(np.array([], np.int64), np.empty(0), np.empty(0), np.ones((2, 0), bool))
    family = Traveller("family", 0.5, 0.8, 20.0, 4.0, "families")
    days = Days((When(), When(4)), WalkRules())
    course = make_course(way, family, roads, nowhere, np.array([0, 0]), days=days)
    assert course.clock_h.tolist() == [[0.0, 4.0, 5.0], [0.0, 8.0, 9.0]]
    # 8 h at 0.71 L/h and 1 h on the train at 0.125 L/h, times 0.8.
    assert course.litres[1] == pytest.approx([0.0, 8 * 0.71 * 0.8, (8 * 0.71 + 0.125) * 0.8])
    shut = replace(roads, hours=np.array([[2.0, 2.0], [np.inf, 1.0]]))
    with pytest.raises(CallError, match="w: nobody passes q that way"):
        make_course(way, family, shut, nowhere, np.array([0, 0]), days=days)


def test_a_train_gets_farther(study):
    foot, train = (plan_surge(study, Group(100, "Arriaga", START, {"adult_man": 1.0}, days=1,
                                           mode=mode, nights=0)) for mode in ("foot", "mode"))
    assert train.least.rows[0].km > 2 * foot.least.rows[0].km


def test_the_return_goes_south(study):
    back = plan_surge(study, Group(500, "Tapachula", START, {"returnee": 1.0}, days=6,
                                   direction="backward"))
    assert {way.parts[0].name for way in back.scene.ways} == {"soconusco"}
    assert back.scene.ways[0].end == "Guatemala City"
    rows = tabulate_places(back)
    assert rows.groupby("date")["lat"].max().iloc[1] < 15.0
    assert (rows["lon"] > -92.5).all()


def test_partners_get_hundreds_of_nights_past(plan):
    frame, total = sum_divisions(plan, TODAY)
    numbers = frame[["person_nights", "with_service", "short", "unreachable"]].to_numpy()
    assert not (numbers % 100).any()
    assert "date" not in frame
    assert set(frame["country"]) == {"MX"}
    assert total["person_nights"] == 28_000
    assert not len(sum_divisions(plan, START)[0])
    assert sum_divisions(plan, START + dt.timedelta(days=1))[1]["person_nights"] == 4000


def test_a_total_is_rounded_from_exact_numbers(plan):
    # 3 x 4,040 people-nights: 4,000 each, and 12,100 together; 49 are not told at all.
    rows = {"date": START, "kind": "place", "country": "MX", "with_service": 0, "unreachable": 0}
    counts = {"A": 4040, "B": 4040, "C": 4040, "D": 49}
    places = pd.DataFrame([{**rows, "admin1": name, "arrivals": count, "short": count}
                           for name, count in counts.items()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "tabulate_places", lambda _: places)
        frame, total = sum_divisions(plan, TODAY)
    assert frame["admin1"].tolist() == ["A", "B", "C"]
    assert frame["person_nights"].tolist() == [4000] * 3
    assert (total["person_nights"], total["short"]) == (12_100, 12_100)


def test_towns_are_told_when_somebody_comes_through(plan, told):
    towns = tabulate_towns(plan).set_index("town")
    assert towns.index[0] == "Huehuetán"
    # 21 km: all pass on the first day of walking but the slowest, 81 people, who sleep before it.
    assert (towns.loc["Huehuetán", "first"], towns.loc["Huehuetán", "last"]) == (
        START + dt.timedelta(days=1), START + dt.timedelta(days=2))
    assert (towns["people"] + towns["to_come"] == 4000).all()
    last = max((row for row in plan.least.rows if row.day == 6), key=lambda row: row.km)
    assert towns["km"].max() <= last.km + 0.1
    assert [row["town"] for row in told["towns"]] == towns.index.tolist()


def test_who_sleeps_short_of_a_town_the_last_night_is_told_to_it(plan, told):
    after = list_next_towns(plan)
    last = len(plan.scene.seasons) - 1
    sleep = [row for row in plan.least.rows if row.day == last]
    assert not set(after["town"]) & set(tabulate_towns(plan)["town"])
    assert (after["km_on"] > 0).all()
    assert 0 < after["people"].sum() <= sum(row.people for row in sleep)
    for row in after.itertuples():
        km = plan.scene.towns.loc[plan.scene.towns["town"] == row.town, "km"].min()
        assert km - max(each.km for each in sleep) == pytest.approx(row.km_on, abs=0.06)
    assert [row["town"] for row in told["next_towns"]] == after["town"].tolist()


def test_json_has_the_notes_of_the_terminal(plan, told):
    assert told["notes"] == list(list_notes(plan))
    assert any(note.startswith("the group: adult_man 45%") for note in told["notes"])
    assert "robbery, kidnapping and sexual violence are not measured here" in told["notes"]
    # The places of this way alone: one in Colombia is nothing to it.
    assert not any("co-ex-101" in note for note in told["notes"])


def test_files_say_what_they_are(study, plan, tmp_path):
    marking = Marking("restricted", "Ana P.", dt.date(2027, 1, 1), "", synthetic=True)
    paths = write_files(plan, study.parameters, tmp_path / "restricted", marking=marking)
    end = ".restricted.ana-p.until-2027-01-01"
    assert {path.name for path in paths} == {
        f"surge{end}.json", f"surge{end}.geojson", f"surge{end}.csv", f"surge_nights{end}.csv",
        f"surge_measures{end}.csv"}
    for path in paths:
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text(encoding="utf-8")
        assert "restricted" in text
        assert "synthetic" in text
        assert "Ana P." in text
        assert "2027-01-01" in text
    [path] = (tmp_path / "restricted").glob("*.geojson")
    layer = json.loads(path.read_text(encoding="utf-8"))
    assert layer["synthetic"] is True
    days = {feature["properties"]["time"] for feature in layer["features"]}
    assert days == {f"2024-04-0{n}" for n in range(1, 8)}
    frame = gpd.GeoDataFrame.from_features(make_layer(tabulate_places(plan), synthetic=True))
    assert frame["arrivals"].sum() == tabulate_nights(plan)["on_the_way"].sum()


def test_the_same_call_tells_the_same(study, plan, told):
    again = plan_surge(study, plan.group)
    assert json.dumps(describe_plan(again, study.parameters)) == json.dumps(told)
    assert list_measures(again).equals(list_measures(plan))
    assert sum_costs(again) == sum_costs(plan)


class Changed:
    """A study with the rows of some layers changed."""

    def __init__(self, study, change):
        self.study, self.change = study, change

    def __getattr__(self, name):
        return getattr(self.study, name)

    def value(self, name):
        value = self.study.value(name)
        return self.change(value, name) if name == "facilities" else value

    def layer(self, name):
        layer = self.study.layer(name)
        changed = name in {"activity", "along", "flows"}
        return replace(layer, frame=self.change(layer.frame, name)) if changed else layer


def test_rows_in_another_order_change_nothing(study):
    turned = Changed(study, lambda frame, _: frame.iloc[::-1])
    group = Group(800, "Arriaga", START, {"family": 0.4, "adult_man": 0.6}, days=5)
    one, two = (describe_plan(plan_surge(each, group), each.parameters)
                for each in (study, turned))
    assert one == two


def test_beds_that_nobody_states_are_counted_both_ways(study):
    def forget(frame, name):
        return frame.assign(capacity=np.nan) if name == "facilities" else frame

    blank = Changed(study, forget)
    group = Group(800, "Arriaga", START, {"adult_man": 1.0}, days=5)
    found = plan_surge(blank, group)
    assert any("no place on the way states its beds" in note for note in found.scene.notes)
    nights = tabulate_nights(found)
    assert nights["with_service"].sum() == 0
    assert nights["unverified"].sum() > 0
    assert (nights["unverified"] <= nights["short"]).all()
    assert "unverified" in tell_plan(found)[1]
    known = tabulate_nights(plan_surge(study, group))
    assert known["unverified"].sum() == 0
    assert known["with_service"].sum() > 0


def make_line():
    """Two legs, north and then east, and where their towns stand."""
    legs = gpd.GeoDataFrame(
        {"mode": ["foot", "foot"]}, index=["p", "q"], crs="EPSG:4326",
        geometry=[shapely.LineString([(0, 0), (0, 0.5)]),
                  shapely.LineString([(0, 0.5), (0.4, 0.5)])])
    return split_legs(legs, segment_km=1.0)


def tell_along(lines, steps, towns, name="w"):
    km = lines.groupby("leg_id")["length_km"].sum()
    at, rows = 0.0, []
    for (leg, _), (first, last) in zip(steps, towns, strict=True):
        for town, here in ((first, at), (last, at + km[leg])):
            rows.append({"corridor": name, "kind": "stop", "ref": town, "km": here})
        at += km[leg]
    return pd.DataFrame(rows)


def find_ways(along, lines, corridors, town, *, sign, chosen=()):
    tracks = list_tracks(along, lines, corridors, sign=sign)
    return list_ways(along, tracks, town, sign=sign, chosen=chosen)


def test_south_is_north_mirrored():
    lines = make_line()
    steps, towns = (("p", 1), ("q", 1)), (("A", "B"), ("B", "C"))
    turned, back = (("q", -1), ("p", -1)), (("C", "B"), ("B", "A"))
    south, _ = find_ways(tell_along(lines, steps, towns), lines, {"w": steps}, "C", sign=-1)
    north, _ = find_ways(tell_along(lines, turned, back), lines, {"w": turned}, "C", sign=1)
    assert np.array_equal(south[0].row, north[0].row)
    assert np.array_equal(south[0].side, north[0].side)
    assert south[0].km == pytest.approx(north[0].km)
    assert (south[0].end, north[0].end) == ("A", "A")
    middle, _ = find_ways(tell_along(lines, steps, towns), lines, {"w": steps}, "B", sign=-1)
    assert middle[0].km[-1] == pytest.approx(lines[lines["leg_id"] == "p"]["length_km"].sum())


def test_a_town_at_the_end_leads_nowhere():
    lines, steps = make_line(), (("p", 1), ("q", 1))
    along = tell_along(lines, steps, (("A", "B"), ("B", "C")))
    with pytest.raises(CallError, match="--direction backward leads the other way"):
        find_ways(along, lines, {"w": steps}, "C", sign=1)
    with pytest.raises(CallError, match="there are w"):
        find_ways(along, lines, {"w": steps}, "A", sign=1, chosen=("x",))


def test_one_name_for_two_towns_far_apart_is_asked_back():
    lines = make_line()
    one = tell_along(lines, (("p", 1),), (("Same", "B"),), name="one")
    two = tell_along(lines, (("q", 1),), (("B", "Same"),), name="two")
    corridors = {"one": (("p", 1),), "two": (("q", 1),)}
    with pytest.raises(CallError, match="could be several towns, on one, two"):
        find_ways(pd.concat([one, two]), lines, corridors, "Same", sign=1)


def test_names_that_fit_several_towns_are_listed(study):
    along = study.layer("along").frame
    with pytest.raises(CallError, match=r"could be: San Blas.*San Cristóbal"):
        find_town(along, "San")
    with pytest.raises(CallError, match="nearest in spelling: Tapachula"):
        find_town(along, "Tapchula")
    assert find_town(along, "nogales") == "Nogales (Sonora)"
    for odd in ("", "   ", "\x1b[31m", "(" * 300):
        with pytest.raises(CallError, match="no town of that name"):
            find_town(along, odd)


def test_flows_share_a_group_where_they_are_counted(study):
    group = Group(100, "Tapachula", START, {"adult_man": 1.0})
    ways, _ = find_ways(study.layer("along").frame, study.value("lines"),
                        study.settings().corridors, "Tapachula", sign=1)
    shares, note = share_ways(study, group, ways)
    assert "no flow is counted" in note
    assert shares == [1.0, 1.0, 1.0]
    assert [way.name for way in ways] == ["central", "gulf", "pacific"]


@pytest.mark.parametrize("text", ["family", "family=x", "family=nan", "family=0.4,family=0.6",
                                  "giant=1", "family=0.4", "family=-1,adult_man=2", "=1", ""])
def test_a_mix_that_cannot_be_is_refused(text):
    with pytest.raises(CallError):
        parse_mix(text)
