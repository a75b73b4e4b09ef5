"""What the gate hides stays hidden over HTTP: the real gate, sealed and secret rows behind it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest
from http_doubles import FakeDoor, make_layer, make_segments, make_shelters, open_client

from layers.disclosure import disclose, narrow_spec
from layers.errors import BrokenError, NotShownError
from layers.served import serve_layer


class GateDoor(FakeDoor):
    """Shows what the gate lets through of the layers it holds."""

    def names(self):
        return tuple(name for name in sorted(self.layers) if self._shows(name))

    def _shows(self, name):
        try:
            narrow_spec(self.layers[name], self.audience)
        except NotShownError:
            return False
        return True

    def layer(self, name):
        if name not in self.layers:
            raise NotShownError(f"no layer named {name!r}")
        return disclose(self.layers[name], self.audience, today=self.today)


def make_hidden():
    shelters = make_shelters()
    day = pd.Timestamp("2026-01-10")
    shelters = pd.concat([shelters, shelters.assign(place_id=["mx-ex-3", "mx-ex-4"])])
    shelters = shelters.assign(
        publish_ok=[True, True, False, True],
        place_kind=["shelter", "shelter", "shelter", "gbv_survivors"],
        name=["EXAMPLE - One", "EXAMPLE - Two", "SECRET-UNASKED", "SECRET-SEALED"],
        steward="SECRET-STEWARD",
        consent_until=[pd.Timestamp("2026-01-15"), *[pd.Timestamp("2026-12-31")] * 3],
        last_verified=day,
        verify_by=day + pd.Timedelta(days=60),
    )
    segments = make_segments().assign(near_place="SECRET-SEGMENT")
    return {
        "shelters": make_layer("shelters", shelters),
        "segments": make_layer("segments", segments),
    }


@pytest.fixture(scope="module")
def gated():
    with open_client(GateDoor("public", layers=make_hidden())) as client:
        yield client


def test_nothing_hidden_is_in_any_byte(gated):
    urls = ["/", "/conformance", "/collections", "/collections/shelters", "/manifest",
            "/corridors", "/corridors/north/profile"]
    for name in ("shelters", "segments", "nothing"):
        urls += [f"/collections/{name}/items", f"/collections/{name}/items?bbox=-180,-90,180,90"]
        urls += [f"/collections/{name}/items/{id_}" for id_ in ("mx-ex-3", "mx-ex-4", "a-0001")]
    for url in urls:
        answer = gated.get(url)
        assert b"SECRET" not in answer.content, url
        assert b"steward" not in answer.content, url


def test_counts_and_extent_are_of_what_is_shown(gated):
    body = gated.get("/collections/shelters/items").json()
    assert body["numberMatched"] == 2
    assert [feature["id"] for feature in body["features"]] == ["mx-ex-1", "mx-ex-2"]
    extent = gated.get("/collections/shelters").json()["extent"]
    assert extent["spatial"]["bbox"] == [[-95.0, 16.0, -94.0, 17.0]]


def test_consent_that_ends_tonight_is_gone_tomorrow():
    days = [dt.date(2026, 1, 15)]
    layers = make_hidden()

    def open_door(day):
        return GateDoor("public", layers=layers, today=day)

    with open_client(open_door(days[-1]), read_day=lambda: days[-1], open_door=open_door) as client:
        assert client.get("/collections/shelters/items/mx-ex-1").status_code == 200
        days.append(dt.date(2026, 1, 16))
        assert client.get("/collections/shelters/items/mx-ex-1").status_code == 404
        assert client.get("/collections/shelters/items").json()["numberMatched"] == 1


def test_unsorted_rows_are_refused():
    layer = GateDoor("restricted", layers=make_hidden()).layer("segments")
    with pytest.raises(BrokenError, match="not sorted"):
        serve_layer(replace(layer, frame=layer.frame.iloc[::-1]))
