"""A real register through the whole road: IOM Missing Migrants 2014-2021 on the embedded legs.

The data are read where they lie and never copied; without them these tests skip by name.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib

import numpy as np
import pandas as pd
import pytest
from surroundings import EMBEDDED, require_shared

import georisk.doors
from georisk.publishing import publish
from georisk.study import Study

TODAY = dt.date(2026, 11, 22)
POSITION, FAR_KM, MAX_PRECISION_KM = "lon, lat", 150, 50
# west, south, east, north: where the register's readers know that people die
BOXES = {
    "Darién": (-77.95, 7.7, -77.0, 8.9),
    "lower Río Bravo / Rio Grande": (-99.7, 25.8, -97.1, 27.7),
    "Sonoran desert": (-113.2, 31.2, -110.8, 32.6),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    files = sorted(require_shared("iom_missing_migrants").glob("*-json.json"))
    assert len(files) == 8
    folder = tmp_path_factory.mktemp("real")
    config = tomllib.loads((EMBEDDED / "study.toml").read_text(encoding="utf-8"))
    lines = [
        'name = "IOM Missing Migrants 2014-2021 on the embedded legs"',
        "as_of = 2021-12-31", "observed_from = 2014-01-01",
        f"area = {config['area']}", f'crs_metric = "{config["crs_metric"]}"',
        'services = ["water"]', "[siting]", 'services = ["water"]', "k = 3", "[layers]",
    ]
    for name, entry in config["layers"].items():
        if name != "incidents":
            lines.append(f'{name} = {{ path = "{EMBEDDED / entry["path"]}" }}')
    paths = ", ".join(f'"{path}"' for path in files)
    lines.append(f'incidents = {{ path = [{paths}], adapter = "iom" }}')
    for name, entry in config["corridors"].items():
        lines += [f"[corridors.{name}]", f"legs = {entry['legs']}",
                  f'name = {{ en = "{entry["name"]["en"]}" }}']
    (folder / "study.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Study.open(folder, today=TODAY)


def test_nothing_is_lost(study):
    intakes, errors = study.check()
    assert not errors
    for intake in intakes.values():
        assert intake.read == len(intake.accepted) + intake.quarantined
    incidents = intakes["incidents"]
    assert incidents.read == 10_828
    assert {fault.row for fault in incidents.faults if not fault.reason} == set()


def test_what_is_set_aside_is_wrong_by_the_registers_own_word(study):
    """All but 1 % of what lies in or near its stated country comes in; the rest is told apart."""
    incidents = study.check()[0]["incidents"]
    aside = incidents.quarantine
    placed = {(fault.source, fault.row) for fault in incidents.faults
              if fault.column == POSITION and is_far(fault.reason)}
    print(f"{incidents.quarantined} of {incidents.read} set aside, {len(placed)} of them more than "
          f"{FAR_KM} km outside the country that they state")
    assert len(aside) == incidents.quarantined
    assert incidents.quarantined - len(placed) < 0.01 * incidents.read
    assert incidents.quarantined < 0.04 * incidents.read


def test_precision_is_what_the_register_can_know(study):
    """The adapter's 0.3 km is widened where many rows share the spot of an area."""
    frame = study.layer("incidents").frame
    km = frame["coord_precision_km"]
    shares = (km.groupby(pd.cut(km, [0, 0.3, 2, 10, 50, 2000]), observed=False).size() / len(km))
    print(shares.round(4).to_string())
    assert km.notna().all()
    assert km.min() >= 0.3
    assert 0.80 < (km <= 0.3).mean() < 0.90
    assert 0.02 < (km > MAX_PRECISION_KM).mean() < 0.06
    spots = frame.groupby([frame.geometry.x.round(5), frame.geometry.y.round(5)])
    assert km[spots["source"].transform("size") >= 10].min() >= 2


def is_far(reason):
    found = re.search(r"(\d+) km from [^;]*, which the record states", reason)
    return bool(found) and int(found.group(1)) > FAR_KM


def test_no_name_and_no_free_text_comes_in(study):
    columns = set(study.layer("incidents").frame.columns)
    assert not columns & {"location_description", "cause_death", "name"}


@pytest.mark.parametrize("box", list(BOXES))
def test_the_median_segment_of_a_known_box_is_in_the_top_fifth(study, box):
    west, south, east, north = BOXES[box]
    segments, lines = study.layer("segments").frame, study.value("lines")
    intensity = segments["intensity_per_100km_year"].to_numpy()
    length = segments["length_km"].to_numpy()
    order = np.argsort(intensity, kind="stable")
    below_km = np.empty(len(order))
    below_km[order] = np.cumsum(length[order])
    rank = below_km / length.sum()
    inside = (lines["mid_lon"].between(west, east) & lines["mid_lat"].between(south, north))
    inside = inside.to_numpy()
    assert inside.sum() >= 50
    median = np.median(rank[inside])
    print(f"{box}: {inside.sum()} segments, median at {median:.3f} of route-km")
    assert median >= 0.80


def test_it_publishes_and_the_public_sees_no_incident(study, tmp_path):
    publish(study, tmp_path / "runs")
    door = georisk.doors.open("public", runs=tmp_path / "runs", today=TODAY)
    assert "incidents" not in door.names()
    assert "segments" not in door.names()
    cells = door.layer("risk_cells").frame
    assert (cells["risk_class"] != "insufficient").any()
    assert not cells["synthetic"].any()
