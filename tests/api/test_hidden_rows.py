"""Two studies, one with rows that nobody else may know of: the public sees the same, to the byte.

Whatever differs tells of a hidden row. Names and moments of the runs are made alike first.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import shutil
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from grid_study import locate, write_grid_study
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from georisk import doors
from georisk.amending import Amendment, add_amendment
from georisk.locking import hold_switch
from georisk.originals import hide_place
from georisk.publishing import publish
from georisk.republishing import republish
from georisk.study import Study

DAY = dt.date(2025, 1, 10)
LATER = dt.date(2025, 3, 5)  # every place should have been checked again before
RUN = "20250110T000000Z-00000000"
FORMATS = ("csv", "geojsonseq", "flatgeobuf", "geoparquet", "html")
PLACE = {
    "place_kind": "shelter", "operator_kind": "church", "country": "GT", "services": "water",
    "capacity": 20, "publish_ok": "yes", "consent_until": "2099-12-31",
    "last_verified": "2024-12-01", "verify_by": "2025-02-28", "coord_precision_km": 0.1,
    "phone": "+502 555 0100", "steward": "Office X", "source": "invented", "synthetic": "true",
}
# Row and column of the grid, and why nobody may know of it; some lie between two legs.
HIDDEN = {
    "gt-hid-refused": (1.0, 0.0, {"publish_ok": "no"}),
    "gt-hid-unasked": (0.5, 0.0, {"publish_ok": "", "services": "food"}),
    "gt-hid-ended": (2.5, 2.0, {"consent_until": "2025-01-09", "services": "water;shelter"}),
    "gt-hid-unchecked": (2.15, 2.1, {"verify_by": "2025-01-09", "services": "medical"}),
    "gt-hid-never": (1.12, 1.88, {"last_verified": ""}),
    "sv-hid-far": (-1.9, -1.9, {"publish_ok": "no", "country": "SV"}),
    "gt-hid-survivors": (3.3, 3.3, {"place_kind": "gbv_survivors", "services": "psychosocial"}),
    "gt-hid-detention": (0.0, 3.5, {"place_kind": "detention", "services": "legal"}),
    "gt-hid-children": (1.0, 4.0, {"admits": "unaccompanied_children:yes",
                                   "services": "child_protection"}),
}
WAYPOINTS = {
    "hid-crossing": (2.0, 1.5, "crossing", "no"), "hid-unknown": (2.0, 0.5, "crossing", ""),
    "hid-station": (0.0, 0.5, "station", "no"), "hid-village": (1.5, 1.0, "village", "no"),
    "hid-near": (0.02, 0.0, "crossing", "no"), "hid-landing": (4.4, 4.4, "landing", "no"),
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def put_places(folder, places, **changes):
    rows = read_rows(folder / "shelters.csv")
    rows = [{**dict.fromkeys(("phone", "steward"), ""), **row} for row in rows]
    for name, (row, column, why) in places.items():
        lon, lat = locate(row, column)
        rows.append({"place_id": name, "name": f"EXAMPLE - {name}", "lon": lon, "lat": lat,
                     **PLACE, **why, **changes})
    write_rows(folder / "shelters.csv", rows)


def put_waypoints(folder):
    rows = read_rows(folder / "waypoints.csv")
    for name, (row, column, kind, official) in WAYPOINTS.items():
        lon, lat = locate(row, column)
        rows.append({"waypoint_id": name, "name": f"EXAMPLE - {name}", "kind": kind,
                     "country": "GT", "accuracy_km": 0.1, "official_crossing": official,
                     "synthetic": "true", "lon": lon, "lat": lat})
    write_rows(folder / "waypoints.csv", rows)


def name_towns(folder):
    """Call towns as legs do, so that a position has a nearest one."""
    rows = read_rows(folder / "waypoints.csv")
    write_rows(folder / "waypoints.csv", [{**row, "name": row["waypoint_id"]} for row in rows])


def put_flows(folder):
    write_rows(folder / "flows.csv", [{
        "place_or_leg": place, "month": "2024-05", "direction": "forward", "people": 300,
        "source": "invented", "synthetic": "true"} for place in ("n00", "gt-hid-survivors")])
    told = (folder / "study.toml").read_text(encoding="utf-8")
    told = told.replace("[siting]", '[layers.flows]\npath = "flows.csv"\n\n[siting]')
    (folder / "study.toml").write_text(told, encoding="utf-8")


def put_incident(folder):
    """Eight more in a cell of which nobody is told anything: too few, and of one source."""
    rows = read_rows(folder / "incidents.csv")
    lon, lat = locate(-5.5, -5.5)
    rows += [{**rows[0], "incident_id": f"hid-{n}", "date": "2024-06-15", "lon": lon, "lat": lat}
             for n in range(8)]
    write_rows(folder / "incidents.csv", rows)


def call_alike(runs):
    """Give a run a name and a moment that say nothing."""
    path = (runs / "current").resolve()
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    manifest |= {"run_id": RUN, "created": f"{DAY}T00:00:00+00:00"}
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    for other in [other for other in runs.iterdir() if other.name == RUN]:
        shutil.rmtree(other)
    path.rename(runs / RUN)
    (runs / "current").unlink()
    (runs / "current").symlink_to(RUN)


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """Runs of a study, and of the same study with hidden rows."""
    folder = tmp_path_factory.mktemp("twins")
    for name in ("bare", "hidden"):
        write_grid_study(folder / name)
        name_towns(folder / name)
    put_places(folder / "bare", {})
    put_places(folder / "hidden", HIDDEN)
    put_waypoints(folder / "hidden")
    put_flows(folder / "hidden")
    put_incident(folder / "hidden")
    for name in ("bare", "hidden"):
        publish(Study.open(folder / name, today=DAY), folder / name / "runs")
        call_alike(folder / name / "runs")
    return folder


@pytest.fixture(scope="module")
def reported(twins, tmp_path_factory):
    """The twin with hidden rows, once a report of one of them was accepted and published."""
    folder = tmp_path_factory.mktemp("reported") / "hidden"
    shutil.copytree(twins / "hidden", folder, symlinks=True)
    study = Study.open(folder, today=DAY)
    closed = Amendment("20250109-aaaaaaaaaaaa", "gt-hid-refused", "CLOSED", dt.date(2025, 1, 9))
    add_amendment(study.amendments.file, closed)
    with hold_switch(folder / "runs"):
        republish(study, folder / "runs")
    call_alike(folder / "runs")
    return folder / "runs"


@contextmanager
def ask(runs, *, on=DAY):
    app = create_app(Settings(runs=runs), read_day=lambda: on,
                     open_door=lambda audience, day: doors.open(audience, runs=runs, today=day))
    with TestClient(app, base_url="http://localhost") as client:
        client.headers["Accept-Encoding"] = "identity"
        yield client


def list_addresses(client):
    """Addresses of everything, of what is hidden and of what there is not."""
    shown = [it["id"] for it in client.get("/collections").json()["collections"]]
    yield from ("/", "/?f=html", "/api", "/api.html", "/collections", "/collections?f=html",
                "/conformance", "/corridors", "/corridors?f=html", "/coverage", "/manifest",
                "/coverage?f=html", "/maps", "/readyz", "/nearest?f=html", "/metrics",
                "/maps/public", "/maps/restricted")
    for name in sorted({*shown, "flows", "along", "segments", "listed_gaps", "nowhere"}):
        yield from list_of_collection(client, f"/collections/{name}")
        yield f"/layers/{name}/quarantine"
    for service in ("water", "food", "legal", "psychosocial", "child_protection"):
        yield from (f"/coverage?service={service}", f"/nearest?place=r2c0&service={service}",
                    f"/places?layer=shelters&corridor=west&service={service}")
    for place in (*HIDDEN, *WAYPOINTS, "gt-ex-2", "zz"):
        yield from (f"/collections/shelters/items/{place}", f"/collections/waypoints/items/{place}")
    for place in ("gt-hid-refused", "EXAMPLE - hid-crossing", "hid-near", "r1c0", "gt-ex-2", "zz"):
        yield from (f"/nearest?place={place}", f"/places?layer=shelters&from=r0c0&to={place}")
    for way in ("corridor=west", "corridor=stairs", "corridor=bend", "leg=e20", "leg=zz"):
        yield f"/places?layer=shelters&{way}"
    yield from (f"/corridors/{name}/profile" for name in ("west", "zz"))


def list_of_collection(client, base):
    yield from (base, f"{base}?f=html", f"{base}/queryables", f"{base}/queryables?f=html",
                f"{base}/items", f"{base}/items?limit=1", f"{base}/tiles/WebMercatorQuad",
                f"{base}/items?bbox=-90.1,13.9,-89.7,14.3")
    yield from (f"{base}/items?f={name}" for name in FORMATS)
    if base.endswith(("/shelters", "/waypoints", "/gaps")):
        columns = client.get(f"{base}/schema").json()["properties"]
        for column in sorted({*columns, "publish_ok", "place_kind"}):
            yield from (f"{base}/items?sortby=-{column}&limit=2",
                        f"{base}/items?filter={column} IS NOT NULL&limit=1")
    for zoom in (0, 9):
        x = int((180 - 89.9) / 360 * 2**zoom)
        y = int((1 - math.asinh(math.tan(math.radians(14.1))) / math.pi) / 2 * 2**zoom)
        yield f"{base}/tiles/{zoom}/{x}/{y}.mvt"


def ask_everything(runs, *, skip=()):
    answers = {}
    with ask(runs) as client:
        for address in list_addresses(client):
            if not any(part in address for part in skip):
                answers[address] = keep(client.get(address))
        for row, column, _ in HIDDEN.values():
            point = {"type": "Point", "coordinates": locate(row, column)}
            answers[f"POST /nearest {row} {column}"] = keep(client.post("/nearest", json=point))
    return answers


def keep(response):
    return Answer(response.status_code, dict(response.headers), response.content)


def find_different(one, other):
    return sorted(address for address in {*one, *other} if one.get(address) != other.get(address))


@pytest.fixture(scope="module")
def answers(twins):
    return {name: ask_everything(twins / name / "runs") for name in ("bare", "hidden")}


def test_public_cannot_tell_whether_rows_are_hidden(answers):
    assert find_different(answers["bare"], answers["hidden"]) == []


def test_twins_are_asked_for_what_there_is(answers):
    told = [answer for answer in answers["bare"].values() if answer.status == 200]
    assert len(told) > 150
    assert any(b"gt-ex-2" in answer.body for answer in told)
    assert any(address.startswith("POST") for address, answer in answers["bare"].items()
               if answer.status == 200)


@pytest.mark.parametrize("name", [*HIDDEN, *WAYPOINTS])
def test_no_answer_names_what_is_hidden(answers, name):
    # Who asks by a name may read that name back.
    named = [address for address, answer in answers["hidden"].items()
             if name not in address and name.encode() in answer.body]
    assert named == []


def test_report_of_a_hidden_place_changes_nothing_public(answers, reported):
    changed = ask_everything(reported, skip=("?filter=", "?sortby=", "/tiles", "/items?f="))
    before = {address: answers["hidden"][address] for address in changed}
    assert find_different(before, changed) == []


def test_gaps_are_not_told_as_ever_once_no_place_is_listed(twins):
    """Who relies on them would find the water gone that shortened them."""
    told = []
    for day in (DAY, LATER):
        with ask(twins / "bare" / "runs", on=day) as client:
            places = client.get("/collections/shelters/items").json()["numberMatched"]
            coverage = client.get("/coverage").json()
            told.append((places, coverage["note"], coverage["coverage"]))
    assert told[0][0] > told[1][0] == 0
    assert told[0][1:] != told[1][1:]


@pytest.mark.parametrize("f", ["geojson", "csv", "geojsonseq", "html", "flatgeobuf", "geoparquet"])
def test_each_gap_says_so_in_every_file(twins, tmp_path, f):
    """A note beside them does not travel with a file."""
    for day, said in ((DAY, False), (LATER, True)):
        for audience, names in (("public", ("gaps",)), ("partner", ("gaps", "stretches"))):
            door = doors.open(audience, runs=twins / "bare" / "runs", today=day)
            app = create_app(Settings(runs=twins, audience=audience, state=tmp_path),
                             read_day=lambda door=door: door.today,
                             open_door=lambda _audience, _day, door=door: door)
            with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 1)) as client:
                for name in names:
                    told = client.get(f"/collections/{name}/items?f={f}")
                    if told.status_code == 406:  # a table as FlatGeobuf
                        continue
                    assert told.status_code == 200
                    assert (b"gaps may be longer" in told.content) is said, (name, day, audience)


@pytest.fixture(scope="module")
def listed_gaps(tmp_path_factory):
    """Gaps as others than planners are told: all that is listed real, one hidden place invented."""
    folder = tmp_path_factory.mktemp("services")
    write_grid_study(folder)
    for file in ("shelters.csv", "assistance_points.csv", "waypoints.csv"):
        rows = read_rows(folder / file)
        names = ({"name": row["name"].removeprefix("EXAMPLE - ")} for row in rows)
        write_rows(folder / file, [{**row, **name, "synthetic": "false"}
                                   for row, name in zip(rows, names, strict=True)])
    routes = (folder / "routes.geojson").read_text(encoding="utf-8")
    (folder / "routes.geojson").write_text(
        routes.replace('"synthetic": true', '"synthetic": false'), encoding="utf-8")
    put_places(folder, {"gt-hid-refused": HIDDEN["gt-hid-refused"]}, services="water;legal")
    return Study.open(folder, today=DAY).layer("listed_gaps").frame


def test_services_of_hidden_places_alone_are_not_told(listed_gaps):
    offered = {"food", "medical", "shelter", "water"}
    assert set(listed_gaps["service"]) <= offered


def test_mark_of_invented_rows_errs_towards_saying_so(listed_gaps):
    """Known limit: a hidden invented place marks gaps of listed ones; none goes unmarked."""
    assert listed_gaps["synthetic"].any()


@pytest.mark.parametrize("kind", ["crossing", "ford"])  # the second one is set aside
def test_informal_crossing_at_the_end_of_a_leg_is_not_named(tmp_path, kind):
    write_grid_study(tmp_path)
    routes = json.loads((tmp_path / "routes.geojson").read_text("utf-8"))
    for feature in routes["features"]:
        said = feature["properties"]
        for end in ("from", "to"):
            if said[f"{end}_place"] == "r2c0":
                said |= {f"{end}_place": "Paso Hondo", f"{end}_waypoint": "hid-hondo"}
    (tmp_path / "routes.geojson").write_text(json.dumps(routes), encoding="utf-8")
    rows = read_rows(tmp_path / "waypoints.csv")
    crossing = {"waypoint_id": "hid-hondo", "name": "Paso Hondo", "kind": kind}
    write_rows(tmp_path / "waypoints.csv", [
        {**row, **crossing} if row["waypoint_id"] == "r2c0" else row for row in rows])
    publish(Study.open(tmp_path, today=DAY), tmp_path / "runs")
    with ask(tmp_path / "runs") as client:
        addresses = [*list_addresses(client), "/nearest?place=r2c1", "/nearest?place=Pas"]
        told = {address: client.get(address).content.lower() for address in addresses}
    assert [address for address, body in told.items() if b"hondo" in body] == []


def test_sealed_places_are_not_named_to_planners_by_other_layers(twins):
    folder = twins / "hidden" / "runs"
    door = doors.open("restricted", runs=folder, today=DAY)
    sealed = {"gt-hid-survivors", "gt-hid-detention", "gt-hid-children"}
    named = []
    for name in door.names():
        if door.spec(name).kind != "raster":
            frame = door.layer(name).frame
            text = frame.drop(columns="geometry", errors="ignore").to_csv()
            named += [(name, place) for place in sealed if place in text]
    assert named == []


def test_faults_of_places_do_not_name_them():
    row = {"source": "s.csv", "row": "2", "id": "gt-hid", "column": "admits",
           "value": "women:perhaps", "reason": "unknown", "suggestion": "women:yes"}
    assert hide_place(row) == {**row, "id": "[removed]", "value": "[removed]",
                               "suggestion": "[removed]"}
